// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/kill_child.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <semaphore>
#include <thread>
#include <vector>

#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/support.hpp"

namespace quipu::kill {
namespace {

constexpr int publishers = 2;
constexpr std::int64_t per_publisher = 1'000'000;
constexpr int in_flight = 24;

void acknowledge(int pipe, const Acknowledgement& acknowledgement) {
    if (::write(pipe, &acknowledgement, sizeof acknowledgement) !=
        static_cast<ssize_t>(sizeof acknowledgement)) {
        ::_exit(3);
    }
}

/// One thread's publishing: a bounded number of answers outstanding.
void publish(Store& store, int pipe, std::int64_t first) {
    std::counting_semaphore<in_flight> free(in_flight);
    for (std::int64_t number = first;; ++number) {
        free.acquire();
        store.submit(test::append(made_event(number)),
                     [&free, pipe, number](const Result<Committed>& result) {
                         if (result) {
                             acknowledge(pipe, {.kind = Acknowledgement::Kind::published,
                                                .number = number,
                                                .position = result->appended[0].position,
                                                .sequence = result->appended[0].sequence});
                         }
                         free.release();
                     });
    }
}

std::optional<Transaction> handling(Store& store, std::int64_t position, std::int64_t attempt) {
    Transaction transaction = test::append(effect_event(position, attempt));
    transaction.group = group;
    transaction.finished = {position};
    const std::string key = std::to_string(position);
    const auto counter = store.document("effects", key);
    if (!counter) {
        return std::nullopt;
    }
    const std::int64_t count = *counter ? std::stoll((*counter)->body) + 1 : 1;
    transaction.documents.push_back(
        {.collection = "effects", .key = key, .body = std::to_string(count)});
    return transaction;
}

void handle(Store& store, int pipe, std::int64_t attempt) {
    const GroupPosition start = store.open_group(group, true).value();
    std::counting_semaphore<in_flight> free(in_flight);
    std::int64_t position = start.position;
    for (;;) {
        store.wait_beyond(position, std::chrono::milliseconds(50));
        const auto records = store.read(position, 64);
        for (const auto& record : records.value()) {
            position = record->position;
            if (std::ranges::binary_search(start.finished_above, position)) {
                continue;
            }
            if (record->event_type != made) {
                Transaction skip;
                skip.group = group;
                skip.finished_ranges = {{position, position}};
                store.submit(std::move(skip), [](const Result<Committed>&) {});
                continue;
            }
            free.acquire();
            auto transaction = handling(store, position, ++attempt);
            store.submit(std::move(*transaction),
                         [&free, pipe, position](const Result<Committed>& result) {
                             if (result) {
                                 acknowledge(pipe, {.kind = Acknowledgement::Kind::handled,
                                                    .number = 0,
                                                    .position = position,
                                                    .sequence = 0});
                             }
                             free.release();
                         });
        }
    }
}

constexpr std::string_view made_prefix = "01900000-0000-7000-8000-";

}  // namespace

Record made_event(std::int64_t number) {
    // Every seventh id is no UUID, so that both ways of storing one are met.
    Record record = test::event(number, made, "aggregate-" + std::to_string(number % 13));
    if (number % 7 == 0) {
        record.event_id = "made-" + std::to_string(number);
    }
    if (number % 13 == 0) {
        record.aggregate_id = test::uuid(77);
    }
    record.headers = {{"number", std::to_string(number)}};
    record.body = "{\"number\":" + std::to_string(number) + ",\"filling\":\"";
    const auto size = static_cast<std::size_t>(number * 7919 % (number % 50 == 0 ? 20'000 : 900));
    record.body.append(size, static_cast<char>('a' + number % 26));
    record.body += "\"}";
    return record;
}

std::optional<std::int64_t> number_of(std::string_view event_id) {
    int base = 10;
    if (event_id.starts_with(made_prefix)) {
        event_id.remove_prefix(made_prefix.size());
        base = 16;
    } else if (event_id.starts_with("made-")) {
        event_id.remove_prefix(5);
    } else {
        return std::nullopt;
    }
    std::int64_t number = 0;
    const auto [end, error] =
        std::from_chars(event_id.data(), event_id.data() + event_id.size(), number, base);
    return error == std::errc{} && end == event_id.data() + event_id.size() ? std::optional(number)
                                                                            : std::nullopt;
}

Record effect_event(std::int64_t position, std::int64_t attempt) {
    Record record = test::event(0, effect, "effects");
    record.event_id = "effect-" + std::to_string(position) + "-" + std::to_string(attempt);
    return record;
}

std::optional<std::int64_t> cause_of(const Record& effect_event) {
    std::string_view id = effect_event.event_id;
    if (!id.starts_with("effect-")) {
        return std::nullopt;
    }
    id.remove_prefix(7);
    std::int64_t position = 0;
    const auto error = std::from_chars(id.data(), id.data() + id.size(), position).ec;
    return error == std::errc{} ? std::optional(position) : std::nullopt;
}

void run_child(const std::filesystem::path& file, int pipe, std::int64_t first) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    SqliteOptions options;
    options.path = file;
    options.wal_bytes = 1024 * 1024;  // so that checkpoints are killed, too
    options.index_portion = 60;       // and the writing of the index
    auto store = open_sqlite_store(options);
    if (!store) {
        ::_exit(2);
    }
    acknowledge(pipe, {});
    std::vector<std::jthread> threads;
    for (int i = 0; i < publishers; ++i) {
        threads.emplace_back([&, i] { publish(**store, pipe, first + i * per_publisher); });
    }
    handle(**store, pipe, first);
    ::_exit(4);
}

}  // namespace quipu::kill
