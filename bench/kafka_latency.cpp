// SPDX-License-Identifier: Apache-2.0
#include "kafka_latency.hpp"

#include <atomic>
#include <charconv>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "sample.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using integr8s::Events;

constexpr std::size_t publishers = 4;
const quipu::Producer producer{"bench", "1"};

std::unique_ptr<quipu::Store> open(const std::filesystem::path& path) {
    quipu::SqliteOptions options;
    options.path = path;
    auto store = quipu::open_sqlite_store(std::move(options));
    if (!store) give_up(store.error().message);
    return std::move(*store);
}

/// Waits for what must come within a minute.
template <class Condition>
void wait_until(const char* what, const Condition& condition) {
    const auto end = Clock::now() + 60s;
    while (!condition()) {
        if (Clock::now() > end) give_up(std::string("waited in vain for ") + what);
        std::this_thread::sleep_for(1ms);
    }
}

struct Timing {
    static constexpr std::string_view group = "timing";
    std::atomic<std::size_t> count{0};
    std::mutex mutex;
    std::vector<double> milliseconds;
    void on(const quipu::Event<Completed>& event) {
        // Sent with the time in a field that has no other use here; 123 to warm up.
        const std::int64_t sent = event->resource_usage->cpu_time_jiffies;
        if (sent != 123) {
            const std::lock_guard lock(mutex);
            milliseconds.push_back(static_cast<double>(now_ns() - sent) / 1e6);
        }
        ++count;
    }
};

/// When something happened to each position; 0 while it has not.
using Times = std::vector<std::atomic<std::int64_t>>;

/// Passes everything on and notes when each position came, and when the broker had it.
class TimedLog final : public quipu::TopicLog {
  public:
    TimedLog(quipu::TopicLog& log, Times& given, Times& acknowledged)
        : log_(log), given_(given), acknowledged_(acknowledged) {}

    void produce(quipu::LogRecord record, Done done, std::optional<std::uint64_t> epoch) override {
        const std::size_t position = position_of(record);
        if (position < given_.size()) given_[position] = now_ns();
        auto noted = [this, position, done = std::move(done)](auto place) {
            if (!place) give_up(place.error().message);
            if (position < acknowledged_.size()) acknowledged_[position] = now_ns();
            done(std::move(place));
        };
        log_.produce(std::move(record), std::move(noted), epoch);
    }
    std::uint64_t epoch() override { return log_.epoch(); }
    bool flush(std::chrono::milliseconds timeout) override { return log_.flush(timeout); }
    void purge() override { log_.purge(); }
    quipu::Result<std::unique_ptr<quipu::LogConsumer>> consume(
        quipu::LogConsumerOptions options) override {
        return log_.consume(std::move(options));
    }
    quipu::Result<std::vector<quipu::TopicState>> topics(
        const std::vector<std::string>& event_types) override {
        return log_.topics(event_types);
    }
    quipu::Result<std::vector<quipu::TopicResult>> apply(
        const std::vector<quipu::TopicChange>& changes) override {
        return log_.apply(changes);
    }
    quipu::LogHealth health() override { return log_.health(); }

  private:
    static std::size_t position_of(const quipu::LogRecord& record) {
        for (const auto& [name, value] : record.headers) {
            if (name != quipu::origin_header) continue;
            std::size_t position = 0;
            const std::size_t slash = value.find('/') + 1;
            std::from_chars(value.data() + slash, value.data() + value.size(), position);
            return position;
        }
        give_up("a record of the relay without its origin");
    }

    quipu::TopicLog& log_;
    Times& given_;
    Times& acknowledged_;
};

quipu::Transaction one_event(std::size_t number) {
    const auto event = sample_event(number);
    quipu::Record record;
    record.event_id = event.header.event_id;
    record.event_type = Completed::event_type;
    record.aggregate_id = *event.header.aggregate_id;
    record.key = record.aggregate_id;
    record.timestamp = event.header.timestamp;
    record.body = *quipu::encode(event);
    quipu::Transaction transaction;
    transaction.appends.push_back({std::move(record), {}});
    return transaction;
}

}  // namespace

Latency publish_to_handler(quipu::TopicLog& log, std::size_t per_second, std::size_t for_seconds) {
    const Directory directory;
    auto store = open(directory.file("store.db"));
    Timing timing;
    quipu::RuntimeOptions options;
    options.producer = producer;
    options.log = &log;
    quipu::DeliveryRuntime runtime(*store, Events::types(), {quipu::bind_group<Events>(timing)},
                                   std::move(options));
    if (auto started = runtime.start(); !started) give_up(started.error().message);
    quipu::Relay relay(*store, log, {});
    if (auto started = relay.start(); !started) give_up(started.error().message);
    quipu::RawPublisher raw(*store, Events::types(), producer);
    quipu::Publisher<Events> publisher(raw);
    const auto publish = [&](std::size_t number, bool timed) {
        Completed event = sample_event(number).data;
        if (timed) event.resource_usage->cpu_time_jiffies = now_ns();
        auto done = publisher.publish(event, {.aggregate_id = event.execution_id});
        if (!done) give_up(done.error().message);
    };
    constexpr std::size_t warm_up = 200;
    for (std::size_t number = 0; number < warm_up; ++number) publish(number, false);
    wait_until("the first events", [&] { return timing.count >= warm_up; });

    // Several publishers share the rate, as a slow commit would else slow down the next ones.
    const std::size_t count = per_second * for_seconds;
    const auto begin = Clock::now();
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < publishers; ++thread) {
        threads.emplace_back([&, thread] {
            for (std::size_t number = thread; number < count; number += publishers) {
                std::this_thread::sleep_until(begin +
                                              number * std::chrono::nanoseconds(1s) / per_second);
                publish(number, true);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const double took = seconds(Clock::now() - begin);
    wait_until("the last events", [&] { return timing.count >= warm_up + count; });
    relay.stop();
    runtime.stop(10s);
    const std::lock_guard lock(timing.mutex);
    return {quantile(timing.milliseconds, 0.5), quantile(timing.milliseconds, 0.99),
            static_cast<double>(count) / took};
}

void only_store(std::size_t per_second, std::size_t for_seconds) {
    const Directory directory;
    auto store = open(directory.file("store.db"));
    const std::size_t count = per_second * for_seconds;
    std::atomic<std::size_t> stored = 0;
    offer(count, per_second, [&](std::size_t number) {
        store->submit(one_event(number), [&](const auto& done) {
            if (!done) give_up(done.error().message);
            ++stored;
        });
    });
    wait_until("the last commit", [&] { return stored == count; });
}

RelayLag relay_lag(quipu::TopicLog& log, std::size_t per_second, std::size_t for_seconds) {
    const Directory directory;
    auto store = open(directory.file("store.db"));
    constexpr std::size_t warm_up = 1000;
    const std::size_t count = per_second * for_seconds;
    Times committed(warm_up + count + 1);
    Times given(warm_up + count + 1);
    Times acknowledged(warm_up + count + 1);
    TimedLog timed(log, given, acknowledged);
    quipu::Relay relay(*store, timed, {});
    if (auto started = relay.start(); !started) give_up(started.error().message);
    const auto publish = [&](std::size_t number) {
        store->submit(one_event(number), [&](const auto& done) {
            if (!done) give_up(done.error().message);
            committed[static_cast<std::size_t>(done->appended.front().position)] = now_ns();
        });
    };
    for (std::size_t number = 0; number < warm_up; ++number) publish(number);
    if (!relay.wait_published(warm_up, 60s)) give_up("the relay does not publish");

    const double took =
        offer(count, per_second, [&](std::size_t number) { publish(warm_up + number); });
    if (!relay.wait_published(static_cast<std::int64_t>(warm_up + count), 60s)) {
        give_up("the relay does not publish");
    }
    relay.stop();
    const auto since_commit = [&](const Times& times) -> Latency {
        std::vector<double> milliseconds;
        for (std::size_t position = warm_up + 1; position <= warm_up + count; ++position) {
            milliseconds.push_back(
                std::max(0.0, static_cast<double>(times[position] - committed[position]) / 1e6));
        }
        return {quantile(milliseconds, 0.5), quantile(milliseconds, 0.99),
                static_cast<double>(count) / took};
    };
    return {since_commit(given), since_commit(acknowledged)};
}

}  // namespace bench
