// SPDX-License-Identifier: Apache-2.0
// Whole-process measurements of the embedded ledger, with bare SQLite and simdjson beside it in the
// same run, in alternating rounds of which the medians are printed as Markdown tables.
// Usage: ledger_program [EVENTS [ROUNDS [publish|latency|whole]]]
// Default: 60000 events, 3 rounds, all three

#include <fmt/core.h>
#include <simdjson.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "sample.hpp"

namespace {

using namespace std::chrono_literals;
using bench::Clock;
using bench::Completed;
using bench::now_ns;
using bench::quantile;
using bench::seconds;
using integr8s::Events;

quipu::Record sample_record(std::size_t number) {
    const auto event = bench::sample_event(number);
    quipu::Record record;
    record.event_id = event.header.event_id;
    record.event_type = Completed::event_type;
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

enum class Indexes { two, five };

constexpr const char* two_indexes =
    "CREATE UNIQUE INDEX by_id ON events(id); CREATE INDEX by_type ON events(type, position);";
constexpr const char* five_indexes =
    "CREATE UNIQUE INDEX by_id ON events(id); CREATE INDEX by_type ON events(type);"
    "CREATE INDEX by_time ON events(at); CREATE INDEX by_execution ON events(execution);"
    "CREATE UNIQUE INDEX by_aggregate ON events(aggregate, sequence);";

/// Bare SQLite: the same bytes, one table, WAL and FULL, `width` rows a transaction.
Outcome bare_sqlite(const std::filesystem::path& path, std::size_t count, std::size_t width,
                    Indexes indexes) {
    sqlite3* database = nullptr;
    sqlite3_open(path.c_str(), &database);
    sqlite3_exec(database,
                 "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                 "CREATE TABLE events(position INTEGER PRIMARY KEY, id TEXT, type TEXT, body TEXT,"
                 " at INTEGER, execution TEXT, aggregate TEXT, sequence INTEGER) STRICT;",
                 nullptr, nullptr, nullptr);
    sqlite3_exec(database, indexes == Indexes::two ? two_indexes : five_indexes, nullptr, nullptr,
                 nullptr);
    sqlite3_stmt* insert = nullptr;
    sqlite3_prepare_v2(database, "INSERT INTO events VALUES(NULL, ?, ?, ?, ?, ?, ?, ?)", -1,
                       &insert, nullptr);
    std::vector<quipu::Record> records;
    for (std::size_t number = 0; number < count; ++number) records.push_back(sample_record(number));
    const auto bind = [&](int column, std::string_view text) {
        sqlite3_bind_text(insert, column, text.data(), static_cast<int>(text.size()),
                          SQLITE_STATIC);
    };
    std::vector<double> latencies;
    const auto begin = Clock::now();
    for (std::size_t number = 0; number < count; number += width) {
        const auto sent = Clock::now();
        sqlite3_exec(database, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
        for (std::size_t row = number; row < std::min(count, number + width); ++row) {
            const quipu::Record& record = records[row];
            bind(1, record.event_id);
            bind(2, record.event_type);
            bind(3, record.body);
            sqlite3_bind_int64(insert, 4, record.timestamp.time_since_epoch().count());
            bind(5, std::string_view(record.aggregate_id).substr(5));
            bind(6, record.aggregate_id);
            sqlite3_bind_int64(insert, 7, static_cast<std::int64_t>(row));
            if (sqlite3_step(insert) != SQLITE_DONE) std::abort();
            sqlite3_reset(insert);
        }
        if (sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) std::abort();
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
    void on(const quipu::Event<Completed>& event) {
        ++count;
        // Sent with the time in a field that has no other use here; 123 where it is not.
        const std::int64_t sent = event->resource_usage->cpu_time_jiffies;
        if (sent == 123) return;
        const std::lock_guard lock(mutex);
        latencies.push_back(static_cast<double>(now_ns() - sent) / 1e3);
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
        Completed event = bench::sample_event(number).data;
        event.resource_usage->cpu_time_jiffies = now_ns();
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

/// Bare SQLite and simdjson: every row in order, its body parsed into simdjson's DOM.
double bare_replay(const std::filesystem::path& path) {
    sqlite3* database = nullptr;
    sqlite3_open(path.c_str(), &database);
    sqlite3_stmt* rows = nullptr;
    sqlite3_prepare_v2(database, "SELECT body FROM events ORDER BY position", -1, &rows, nullptr);
    simdjson::dom::parser parser;
    std::size_t count = 0;
    const auto begin = Clock::now();
    while (sqlite3_step(rows) == SQLITE_ROW) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(rows, 0));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(rows, 0));
        simdjson::dom::element element;
        if (parser.parse(text, size).get(element) != simdjson::SUCCESS) std::abort();
        ++count;
    }
    const double took = seconds(Clock::now() - begin);
    sqlite3_finalize(rows);
    sqlite3_close(database);
    return static_cast<double>(count) / took;
}

/// The medians of several rounds.
struct Rounds {
    std::vector<double> per_second;
    std::vector<double> p50;
    std::vector<double> p99;
    void add(const Outcome& outcome) {
        per_second.push_back(outcome.per_second);
        p50.push_back(outcome.p50_us);
        p99.push_back(outcome.p99_us);
    }
};

double median_ratio(const std::vector<double>& ours, const std::vector<double>& bare) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < ours.size(); ++round) {
        ratios.push_back(ours[round] / bare[round]);
    }
    return bench::median(ratios);
}

void measure_publish(std::size_t events, std::size_t rounds) {
    using bench::median;
    fmt::print("| durable publish | /s | p50 us | p99 us | SQLite rows/s | p50 us | p99 us |");
    fmt::print(
        " ratio | SQLite, five indexes | ratio |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (const std::size_t width : {1UL, 16UL, 256UL}) {
        const std::size_t count = width == 1 ? events / 12 : width == 16 ? events / 2 : events;
        Rounds ours;
        Rounds bare;
        Rounds same;
        for (std::size_t round = 0; round < rounds; ++round) {
            const bench::Directory directory;
            {
                auto store = open(directory.file("publish.db"));
                ours.add(publish(*store, count, width));
            }
            bare.add(bare_sqlite(directory.file("two.db"), count, width, Indexes::two));
            same.add(bare_sqlite(directory.file("same.db"), count, width, Indexes::five));
        }
        fmt::print("| {} in flight | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.2f} ",
                   width, median(ours.per_second), median(ours.p50), median(ours.p99),
                   median(bare.per_second), median(bare.p50), median(bare.p99),
                   median_ratio(ours.per_second, bare.per_second));
        fmt::print("| {:.0f} | {:.2f} |\n", median(same.per_second),
                   median_ratio(ours.per_second, same.per_second));
    }
    fmt::print(
        "\nSQLite: as many rows a transaction as are in flight; p50 and p99 of a transaction; a "
        "unique index of the id and one of the type, or five that answer the same queries.\n\n");
}

void measure_latency(std::size_t rounds) {
    Rounds ours;
    for (std::size_t round = 0; round < rounds; ++round) {
        const bench::Directory directory;
        auto store = open(directory.file("handler.db"));
        ours.add(publish_to_handler(*store, 3000, 1000us));
    }
    fmt::print("publish to handler at 1000/s: p50 {:.0f} us, p99 {:.0f} us\n\n",
               bench::median(ours.p50), bench::median(ours.p99));
}

void measure_whole(std::size_t events, std::size_t rounds) {
    std::vector<double> whole;
    std::vector<double> inserted;
    std::vector<double> replayed;
    std::vector<double> parsed;
    double bytes = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
        const bench::Directory directory;
        {
            auto store = open(directory.file("whole.db"));
            whole.push_back(end_to_end(*store, events));
            replayed.push_back(replay(*store));
        }
        bytes = static_cast<double>(std::filesystem::file_size(directory.file("whole.db"))) /
                static_cast<double>(events);
        inserted.push_back(
            bare_sqlite(directory.file("bare.db"), events, 256, Indexes::two).per_second);
        parsed.push_back(bare_replay(directory.file("bare.db")));
    }
    fmt::print("| | quipu /s | bare /s | ratio |\n|---|---|---|---|\n");
    fmt::print(
        "| end to end: published, handled, committed; bare: inserted | {:.0f} | {:.0f} | {:.2f} "
        "|\n",
        bench::median(whole), bench::median(inserted), median_ratio(whole, inserted));
    fmt::print(
        "| replay: scan and decode; bare: scan and simdjson's DOM | {:.0f} | {:.0f} | {:.2f} |\n",
        bench::median(replayed), bench::median(parsed), median_ratio(replayed, parsed));
    fmt::print("\n{:.0f} bytes of file an event, handled by one group\n", bytes);
}

}  // namespace

int main(int argc, char** argv) {
    const std::size_t events = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 60'000;
    const std::size_t rounds = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 3;
    if (events < 1000 || rounds == 0) {
        fmt::print(stderr, "usage: ledger_program [EVENTS [ROUNDS [publish|latency|whole]]]\n");
        return 2;
    }
    fmt::print("{} bytes an event, {} events, {} rounds. WAL, synchronous=FULL.\n\n",
               sample_record(0).body.size(), events, rounds);
    const std::string_view only = argc > 3 ? argv[3] : "";
    if (only.empty() || only == "publish") measure_publish(events, rounds);
    if (only.empty() || only == "latency") measure_latency(rounds);
    if (only.empty() || only == "whole") measure_whole(events, rounds);
    return 0;
}
