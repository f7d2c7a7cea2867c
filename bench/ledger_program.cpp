// Whole-process measurements of the embedded ledger, with bare SQLite beside it in the same run.
// Usage: ledger_program [EVENTS]   (default 60000). Prints a Markdown table.

#include <fmt/core.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "integr8s/events/catalogue.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/event/id.hpp"
#include "quipu/store/sqlite_store.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Ran {
    static constexpr std::string_view event_type = "execution_completed";
    std::string execution_id;
    std::int64_t exit_code = 0;
    std::int64_t sent_ns = 0;
    quipu::Default<std::string> stdout_ = {};
};
struct Events : quipu::Catalogue<Ran> {};

double seconds(Clock::duration time) {
    return std::chrono::duration<double>(time).count();
}

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch())
        .count();
}

/// Quantile of a sample in microseconds.
double quantile(std::vector<double>& sample, double q) {
    if (sample.empty()) return 0;
    std::sort(sample.begin(), sample.end());
    return sample[static_cast<std::size_t>(q * static_cast<double>(sample.size() - 1))];
}

class Directory {
  public:
    Directory() {
        std::string pattern = std::filesystem::current_path() / "bench-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] std::filesystem::path file(const std::string& name) const { return path_ / name; }

  private:
    std::filesystem::path path_;
};

Ran sample_event(std::size_t number) {
    return {.execution_id = "execution-" + std::to_string(number % 1024),
            .exit_code = 0,
            .sent_ns = 0,
            .stdout_ = std::string(400, 'x')};
}

quipu::Record sample_record(std::size_t number) {
    quipu::Event<Ran> event;
    event.header.event_id = quipu::new_id();
    event.header.timestamp = quipu::now();
    event.header.aggregate_id = "execution-" + std::to_string(number % 1024);
    event.header.metadata = {.service_name = "bench", .service_version = "1"};
    event.data = sample_event(number);
    quipu::Record record;
    record.event_id = event.header.event_id;
    record.event_type = Ran::event_type;
    record.aggregate_id = *event.header.aggregate_id;
    record.key = record.aggregate_id;
    record.timestamp = event.header.timestamp;
    record.body = *quipu::encode(event);
    return record;
}

std::unique_ptr<quipu::Store> open(const std::filesystem::path& path) {
    quipu::SqliteOptions options;
    options.path = path;
    auto store = quipu::open_sqlite_store(std::move(options));
    if (!store) {
        fmt::print(stderr, "{}\n", store.error().message);
        std::exit(1);
    }
    return std::move(*store);
}

struct Outcome {
    double per_second = 0;
    double p50_us = 0;
    double p99_us = 0;
};

/// Keeps `width` publishes in flight until `count` are acknowledged.
Outcome publish(quipu::Store& store, std::size_t count, std::size_t width) {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t flying = 0;
    std::vector<double> latencies;
    latencies.reserve(count);
    std::vector<quipu::Record> records;
    for (std::size_t number = 0; number < count; ++number) records.push_back(sample_record(number));
    const auto begin = Clock::now();
    for (quipu::Record& record : records) {
        {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return flying < width; });
            ++flying;
        }
        quipu::Transaction transaction;
        transaction.appends.push_back({std::move(record), {}});
        const auto sent = Clock::now();
        store.submit(std::move(transaction), [&, sent](const auto& done) {
            if (!done) std::abort();
            const std::lock_guard lock(mutex);
            latencies.push_back(seconds(Clock::now() - sent) * 1e6);
            --flying;
            changed.notify_one();
        });
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return flying == 0; });
    const double took = seconds(Clock::now() - begin);
    return {static_cast<double>(count) / took, quantile(latencies, 0.5), quantile(latencies, 0.99)};
}

/// Bare SQLite: the same bytes, one table, a unique id and an index of the type, WAL and FULL,
/// `width` rows a transaction.
Outcome bare_sqlite(const std::filesystem::path& path, std::size_t count, std::size_t width) {
    sqlite3* database = nullptr;
    sqlite3_open(path.c_str(), &database);
    sqlite3_exec(database,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                 "CREATE TABLE events(position INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT,"
                 " body TEXT) STRICT; CREATE INDEX by_type ON events(type, position);",
                 nullptr, nullptr, nullptr);
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database, "INSERT INTO events(id, type, body) VALUES(?, ?, ?)", -1, &insert,
                       nullptr);
    std::vector<quipu::Record> records;
    for (std::size_t number = 0; number < count; ++number) records.push_back(sample_record(number));
    std::vector<double> latencies;
    const auto begin = Clock::now();
    for (std::size_t number = 0; number < count; number += width) {
        const auto sent = Clock::now();
        sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
        for (std::size_t row = number; row < std::min(count, number + width); ++row) {
            const quipu::Record& record = records[row];
            sqlite3_bind_text(insert, 1, record.event_id.data(),
                              static_cast<int>(record.event_id.size()), SQLITE_STATIC);
            sqlite3_bind_text(insert, 2, record.event_type.data(),
                              static_cast<int>(record.event_type.size()), SQLITE_STATIC);
            sqlite3_bind_text(insert, 3, record.body.data(), static_cast<int>(record.body.size()),
                              SQLITE_STATIC);
            sqlite3_step(insert);
            sqlite3_reset(insert);
        }
        sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
        latencies.push_back(seconds(Clock::now() - sent) * 1e6);
    }
    const double took = seconds(Clock::now() - begin);
    sqlite3_finalize(insert);
    sqlite3_close(database);
    return {static_cast<double>(count) / took, quantile(latencies, 0.5), quantile(latencies, 0.99)};
}

struct Counting {
    static constexpr std::string_view group = "counting";
    std::atomic<std::size_t> count{0};
    std::mutex mutex;
    std::vector<double> latencies;
    void on(const quipu::Event<Ran>& event) {
        ++count;
        if (event->sent_ns == 0) return;
        const std::lock_guard lock(mutex);
        latencies.push_back(static_cast<double>(now_ns() - event->sent_ns) / 1e3);
    }
};

Outcome publish_to_handler(quipu::Store& store, std::size_t count, std::chrono::microseconds gap) {
    Counting counting;
    quipu::RuntimeOptions options;
    options.producer = {"bench", "1"};
    quipu::DeliveryRuntime runtime(store, Events::types(), {quipu::bind_group<Events>(counting)},
                                   std::move(options));
    if (!runtime.start()) std::abort();
    quipu::RawPublisher raw(store, Events::types(), {"bench", "1"});
    quipu::Publisher<Events> publisher(raw);
    auto next = Clock::now();
    for (std::size_t number = 0; number < count; ++number) {
        std::this_thread::sleep_until(next);
        next += gap;
        Ran event = sample_event(number);
        event.sent_ns = now_ns();
        if (!publisher.publish(event, {.aggregate_id = event.execution_id})) std::abort();
    }
    if (!runtime.drain(60s)) std::abort();
    const std::lock_guard lock(counting.mutex);
    return {0, quantile(counting.latencies, 0.5), quantile(counting.latencies, 0.99)};
}

double end_to_end(quipu::Store& store, std::size_t count) {
    Counting counting;
    quipu::RuntimeOptions options;
    options.producer = {"bench", "1"};
    quipu::DeliveryRuntime runtime(store, Events::types(), {quipu::bind_group<Events>(counting)},
                                   std::move(options));
    if (!runtime.start()) std::abort();
    const auto begin = Clock::now();
    publish(store, count, 256);
    if (!runtime.drain(300s)) std::abort();
    const double took = seconds(Clock::now() - begin);
    if (counting.count < count) std::abort();
    return static_cast<double>(count) / took;
}

double replay(quipu::Store& store) {
    std::int64_t position = 0;
    std::size_t count = 0;
    const auto begin = Clock::now();
    while (true) {
        auto batch = store.read(position, 1024);
        if (!batch || batch->empty()) break;
        for (const auto& record : *batch) {
            if (!quipu::decode<Events>(record->body)) std::abort();
        }
        position = batch->back()->position;
        count += batch->size();
    }
    return static_cast<double>(count) / seconds(Clock::now() - begin);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 60'000;
    const Directory directory;
    fmt::print("Body: {} bytes. Durability: WAL, synchronous=FULL.\n\n",
               sample_record(0).body.size());
    fmt::print("| durable publish | quipu /s | p50 us | p99 us | bare SQLite rows/s | ratio |\n");
    fmt::print("|---|---|---|---|---|---|\n");
    for (const std::size_t width : {1UL, 16UL, 256UL}) {
        const std::size_t count = width == 1 ? events / 12 : width == 16 ? events / 2 : events;
        auto store = open(directory.file("publish-" + std::to_string(width) + ".db"));
        const Outcome ours = publish(*store, count, width);
        const Outcome bare =
            bare_sqlite(directory.file("bare-" + std::to_string(width) + ".db"), count, width);
        fmt::print("| {} in flight | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.2f} |\n", width,
                   ours.per_second, ours.p50_us, ours.p99_us, bare.per_second,
                   ours.per_second / bare.per_second);
    }
    auto store = open(directory.file("handler.db"));
    const Outcome latency = publish_to_handler(*store, 3000, 1000us);
    fmt::print("\npublish to handler at 1000/s: p50 {:.0f} us, p99 {:.0f} us\n", latency.p50_us,
               latency.p99_us);
    auto whole = open(directory.file("whole.db"));
    const double sustained = end_to_end(*whole, events);
    fmt::print("end to end, publish to handled and committed: {:.0f} events/s\n", sustained);
    fmt::print("replay (scan and decode): {:.0f} events/s\n", replay(*whole));
    return 0;
}
