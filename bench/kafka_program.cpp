// SPDX-License-Identifier: Apache-2.0
// Typed events on Kafka, beside bare librdkafka on the same broker in the same run: throughput in
// alternating rounds of which the medians are printed, latency one after the other.
#include <fmt/core.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kafka_bare.hpp"
#include "kafka_latency.hpp"
#include "measure.hpp"
#include "quipu/log/kafka/kafka_log.hpp"
#include "sample.hpp"

namespace {

using namespace std::chrono_literals;
using bench::Clock;
using bench::Completed;
using bench::Cost;
using bench::give_up;
using bench::Headers;
using bench::Latency;
using bench::median;
using integr8s::Events;

constexpr std::string_view usage = R"(usage: kafka_program [--brokers HOST:PORT] [OPTION]...

  --brokers LIST    default: QUIPU_TEST_KAFKA
  --events N        a round of producing or consuming; default 200000
  --rounds N        default 5
  --seconds N       of latency and of each round of relay lag; default 10
  --only PART       produce, consume, latency or relay
  --beside FILE     figures of others, a line each: "produce NAME PER_SECOND", "consume …"

It makes topics with a prefix of its own and deletes them at the end.
)";

struct Options {
    std::string brokers;
    std::size_t events = 200'000;
    std::size_t rounds = 5;
    std::size_t seconds = 10;
    std::string only;
    std::string beside;
    [[nodiscard]] bool wants(std::string_view part) const { return only.empty() || only == part; }
};

[[noreturn]] void misused(const std::string& problem) {
    fmt::print(stderr, "kafka_program: {}\n{}", problem, usage);
    std::exit(2);
}

std::size_t number_of(const std::string& text) {
    char* end = nullptr;
    const std::size_t number = std::strtoull(text.c_str(), &end, 10);
    if (text.empty() || *end != '\0' || number == 0) misused("'" + text + "' is no number");
    return number;
}

Options parse(int argc, char** argv) {
    Options options;
    if (const char* brokers = std::getenv("QUIPU_TEST_KAFKA")) options.brokers = brokers;
    for (int at = 1; at < argc; ++at) {
        const std::string name = argv[at];
        if (name == "--help") {
            fmt::print("{}", usage);
            std::exit(0);
        }
        if (at + 1 == argc) misused(name + " needs a value");
        const std::string value = argv[++at];
        if (name == "--brokers") {
            options.brokers = value;
        } else if (name == "--events") {
            options.events = number_of(value);
        } else if (name == "--rounds") {
            options.rounds = number_of(value);
        } else if (name == "--seconds") {
            options.seconds = number_of(value);
        } else if (name == "--only") {
            options.only = value;
        } else if (name == "--beside") {
            options.beside = value;
        } else {
            misused("unknown option " + name);
        }
    }
    if (options.brokers.empty()) misused("which brokers? Start one with tools/servers up kafka");
    return options;
}

/// A log with one topic of three partitions, deleted at the end.
class Topic {
  public:
    explicit Topic(std::string brokers)
        : brokers_(std::move(brokers)), prefix_("bench-" + quipu::new_id() + ".") {
        quipu::KafkaOptions options;
        options.brokers = brokers_;
        options.prefix = prefix_;
        auto opened = quipu::open_kafka_log(std::move(options));
        if (!opened) give_up(opened.error().message);
        log_ = std::move(*opened);
        quipu::TopicChange change;
        change.spec = {std::string(Completed::event_type), 3, 1h, 1};
        auto results = log_->apply({change});
        if (!results) give_up(results.error().message);
        if (results->front().error) give_up(results->front().error->message);
    }
    ~Topic() {
        log_.reset();
        bench::delete_topics(brokers_, {name()});
    }
    Topic(const Topic&) = delete;
    Topic& operator=(const Topic&) = delete;

    [[nodiscard]] quipu::TopicLog& log() const noexcept { return *log_; }
    [[nodiscard]] std::string name() const { return prefix_ + std::string(Completed::event_type); }

  private:
    const std::string brokers_;
    const std::string prefix_;
    std::unique_ptr<quipu::TopicLog> log_;
};

/// An event's record, but for its value; the headers are those that the relay writes.
quipu::LogRecord frame(const quipu::Event<Completed>& event) {
    quipu::LogRecord record;
    record.place.partition.event_type = Completed::event_type;
    record.key = *event.header.aggregate_id;
    record.headers.reserve(4, 192);
    record.headers.add("content-type", "application/json");
    record.headers.add("event_id", event.header.event_id);
    record.headers.add("event_type", Completed::event_type);
    record.headers.add("aggregate_id", *event.header.aggregate_id);
    return record;
}

struct Pool {
    std::vector<quipu::Event<Completed>> events;
    std::vector<quipu::LogRecord> records;  ///< the same, encoded
    Pool() {
        for (std::size_t number = 0; number < 4096; ++number) {
            events.push_back(bench::sample_event(number));
            records.push_back(frame(events.back()));
            records.back().value = *quipu::encode(events.back());
        }
    }
};

void produce(quipu::TopicLog& log, const quipu::Event<Completed>& event,
             std::atomic<std::size_t>& acknowledged) {
    quipu::LogRecord record = frame(event);
    record.value.reserve(bench::sample_bytes + 64);
    if (auto done = quipu::encode(record.value, event); !done) give_up(done.error().message);
    log.produce(std::move(record), [&acknowledged](const auto& place) {
        if (!place) give_up(place.error().message);
        ++acknowledged;
    });
}

Cost typed_produce(quipu::TopicLog& log, const Pool& pool, std::size_t count) {
    std::atomic<std::size_t> acknowledged = 0;
    produce(log, pool.events.front(), acknowledged);
    if (!log.flush(30s)) give_up("no acknowledgement");
    const double cpu = bench::process_seconds();
    const auto begin = Clock::now();
    for (std::size_t number = 0; number < count; ++number) {
        produce(log, pool.events[number % pool.events.size()], acknowledged);
    }
    if (!log.flush(60s) || acknowledged != count + 1) give_up("no acknowledgement");
    const double took = bench::seconds(Clock::now() - begin);
    return {static_cast<double>(count) / took,
            (bench::process_seconds() - cpu) * 1e6 / static_cast<double>(count)};
}

Cost typed_consume(quipu::TopicLog& log, std::size_t count, Headers headers) {
    quipu::LogConsumerOptions options;
    options.group = "bench-" + quipu::new_id();
    options.event_types = {std::string(Completed::event_type)};
    auto consumer = log.consume(std::move(options));
    if (!consumer) give_up(consumer.error().message);
    std::size_t seen = 0;
    double cpu = 0;
    Clock::time_point begin;
    while (seen < count) {
        // The first record alone, so that the clock runs for all others; then as a group polls.
        auto records = (*consumer)->poll(1s, seen == 0 ? 1 : 256);
        if (!records) give_up(records.error().message);
        if (seen == 0 && !records->empty()) {
            begin = Clock::now();
            cpu = bench::process_seconds();
        }
        for (const quipu::ReceivedRecord& record : *records) {
            const auto event = quipu::decode<Events>(record.value());
            if (!event) give_up(event.error().summary());
            if (headers == Headers::read && record.headers().empty()) give_up("no headers");
            (*consumer)->finished(record.partition(), record.offset());
        }
        seen += records->size();
    }
    const double took = bench::seconds(Clock::now() - begin);
    cpu = bench::process_seconds() - cpu;
    (*consumer)->close();
    return {static_cast<double>(seen) / took, cpu * 1e6 / static_cast<double>(seen)};
}

/// Rounds of ours and of the yardstick.
struct Rounds {
    std::vector<double> ours, bare, ours_cpu, bare_cpu, ratios, cpu_ratios;
    void add(const Cost& our, const Cost& other) {
        ours.push_back(our.per_second);
        bare.push_back(other.per_second);
        ours_cpu.push_back(our.cpu_us);
        bare_cpu.push_back(other.cpu_us);
        ratios.push_back(our.per_second / other.per_second);
        cpu_ratios.push_back(our.cpu_us / other.cpu_us);
    }
    void print(const char* what) const {
        fmt::print("| {} | {:.0f} | {:.0f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |\n", what,
                   median(ours), median(bare), median(ratios), median(ours_cpu), median(bare_cpu),
                   median(cpu_ratios));
        std::fflush(stdout);
    }
};

/// The figures of others: "produce NAME PER_SECOND".
std::multimap<std::string, std::pair<std::string, double>> read_beside(const std::string& path) {
    std::multimap<std::string, std::pair<std::string, double>> figures;
    std::ifstream file(path);
    std::string part;
    std::string name;
    double per_second = 0;
    while (file >> part >> name >> per_second) figures.emplace(part, std::pair(name, per_second));
    if (figures.empty()) give_up(path + " holds no figures");
    return figures;
}

void print_latency(const char* what, const Latency& latency) {
    fmt::print("| {} | {:.2f} | {:.2f} | {:.0f} |\n", what, latency.p50_ms, latency.p99_ms,
               latency.per_second);
    std::fflush(stdout);
}

void throughput(const Options& options, const Pool& pool) {
    const Topic topic(options.brokers);
    const std::string& brokers = options.brokers;
    fmt::print(
        "| | quipu /s | librdkafka /s | ratio | quipu CPU us | librdkafka CPU us | ratio |\n");
    fmt::print("|---|---|---|---|---|---|---|\n");
    std::map<std::string, double> reached;
    // Warms up the broker, too, and leaves something to consume.
    static_cast<void>(bench::bare_produce(brokers, topic.name(), pool.records, options.events / 2));
    static_cast<void>(typed_produce(topic.log(), pool, options.events / 2));
    if (options.wants("produce")) {
        Rounds rounds;
        Rounds threaded;
        for (std::size_t round = 0; round < options.rounds; ++round) {
            const Cost bare =
                bench::bare_produce(brokers, topic.name(), pool.records, options.events);
            const Cost ours = typed_produce(topic.log(), pool, options.events);
            rounds.add(ours, bare);
            threaded.add(ours, bench::bare_produce(brokers, topic.name(), pool.records,
                                                   options.events, bench::Reports::on_a_thread));
        }
        rounds.print("produce, acknowledged");
        threaded.print("… beside reports on a thread");
        reached["produce"] = median(rounds.ours);
    }
    if (options.wants("consume")) {
        Rounds rounds;
        Rounds with_headers;
        for (std::size_t round = 0; round < options.rounds; ++round) {
            for (const auto headers : {Headers::left, Headers::read}) {
                const Cost bare =
                    bench::bare_consume(brokers, topic.name(), options.events, headers);
                auto& of = headers == Headers::left ? rounds : with_headers;
                of.add(typed_consume(topic.log(), options.events, headers), bare);
            }
        }
        rounds.print("consume");
        with_headers.print("… and headers, too");
        reached["consume"] = median(rounds.ours);
    }
    if (options.beside.empty()) return;
    fmt::print("\n| others | /s | quipu / it |\n|---|---|---|\n");
    for (const auto& [part, figure] : read_beside(options.beside)) {
        if (!reached.contains(part)) continue;
        fmt::print("| {}: {} | {:.0f} | {:.0f} |\n", part, figure.first, figure.second,
                   reached[part] / figure.second);
    }
    std::fflush(stdout);
}

/// With a bare producer in turn, alone and beside a store that syncs its file as often: the pauses
/// of broker, disk and processors are in all.
void relay_lag(const Options& options, const Pool& pool) {
    constexpr std::size_t per_second = 10'000;
    std::vector<double> p50, p99, log_p50, log_p99, bare_p50, bare_p99, beside_p50, beside_p99;
    bench::RelayLag ours;
    Latency bare;
    Latency beside;
    for (std::size_t round = 0; round < options.rounds; ++round) {
        const Topic topic(options.brokers);
        ours = bench::relay_lag(topic.log(), per_second, options.seconds);
        const Topic other(options.brokers);
        bare = bench::bare_acknowledgement(options.brokers, other.name(), pool.records, per_second,
                                           options.seconds);
        p50.push_back(ours.to_acknowledged.p50_ms);
        p99.push_back(ours.to_acknowledged.p99_ms);
        log_p50.push_back(ours.to_log.p50_ms);
        log_p99.push_back(ours.to_log.p99_ms);
        bare_p50.push_back(bare.p50_ms);
        bare_p99.push_back(bare.p99_ms);
        const Topic third(options.brokers);
        {
            const std::jthread store([&] { bench::only_store(per_second, options.seconds); });
            beside = bench::bare_acknowledgement(options.brokers, third.name(), pool.records,
                                                 per_second, options.seconds);
        }
        beside_p50.push_back(beside.p50_ms);
        beside_p99.push_back(beside.p99_ms);
    }
    print_latency("relay: commit to acknowledgement, 10000/s",
                  {median(p50), median(p99), ours.to_acknowledged.per_second});
    print_latency("… of it until the log is given it",
                  {median(log_p50), median(log_p99), ours.to_log.per_second});
    print_latency("bare produce to acknowledgement, 10000/s",
                  {median(bare_p50), median(bare_p99), bare.per_second});
    print_latency("… beside a store that commits as many",
                  {median(beside_p50), median(beside_p99), beside.per_second});
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const Pool pool;
    fmt::print("{} bytes an event, {} events a round, {} rounds; librdkafka {}\n\n",
               pool.records.front().value.size(), options.events, options.rounds,
               rd_kafka_version_str());
    if (options.wants("produce") || options.wants("consume")) throughput(options, pool);
    if (!options.wants("latency") && !options.wants("relay")) return 0;
    fmt::print("\n| | p50 ms | p99 ms | reached /s |\n|---|---|---|---|\n");
    if (options.wants("latency")) {
        const Topic typed(options.brokers);
        print_latency("publish to handler, 1000/s",
                      bench::publish_to_handler(typed.log(), 1000, options.seconds));
        const Topic bare(options.brokers);
        print_latency(
            "bare produce to consume, 1000/s",
            bench::bare_latency(options.brokers, bare.name(), pool.records, 1000, options.seconds));
    }
    if (options.wants("relay")) relay_lag(options, pool);
    return 0;
}
