// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <thread>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

constexpr int writers = 6;
constexpr std::int64_t per_writer = 200;

std::int64_t number_of(int writer, std::int64_t i) {
    return writer * 1'000'000 + i;
}

/// Several threads that each publish to an aggregate of their own and to a shared one.
class Publishers {
  public:
    explicit Publishers(Store& store) {
        for (int writer = 0; writer < writers; ++writer) {
            threads_.emplace_back([&store, writer] {
                for (std::int64_t i = 1; i <= per_writer; ++i) {
                    Transaction transaction =
                        append(event(number_of(writer, i), "own", uuid(500 + writer)));
                    transaction.appends[0].expected_sequence = i - 1;
                    transaction.appends.push_back(
                        {.record = event(number_of(writer, i) + 500'000, "shared", uuid(499)),
                         .expected_sequence = {}});
                    const auto committed = store.commit(transaction);
                    ASSERT_TRUE(committed) << committed.error().message;
                    ASSERT_EQ(committed->appended[0].sequence, i);
                }
            });
        }
    }
    void join() {
        for (auto& thread : threads_) {
            thread.join();
        }
    }

  private:
    std::vector<std::thread> threads_;
};

TEST(Concurrency, ManyPublishersGetGapFreePositions) {
    StoreBounds options;
    options.wal_bytes = 64 * 4096;
    options.max_batch_records = 7;
    Fixture store(options);
    Publishers publishers(*store);
    publishers.join();
    constexpr std::int64_t total = writers * per_writer * 2;
    EXPECT_EQ(store->last_position(), total);
    std::int64_t expected = 0;
    std::int64_t shared = 0;
    while (expected < total) {
        const auto records = store->read(expected, 100).value();
        for (const auto& record : records) {
            ASSERT_EQ(record->position, ++expected);
            if (record->event_type == "shared") {
                ASSERT_EQ(record->sequence, ++shared);
            }
        }
    }
    EXPECT_THAT(store->verify().value(), testing::IsEmpty());
}

TEST(Concurrency, ReadersSeeAPrefixAtAnyTime) {
    StoreBounds options;
    options.cache_records = 50;
    options.readers = 2;
    options.wal_bytes = 64 * 4096;
    Fixture store(options);
    std::atomic<bool> stop = false;
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&, i] {
            std::int64_t position = 0;
            while (!stop || position < store->last_position()) {
                const std::int64_t end = store->wait_beyond(position, std::chrono::seconds(1));
                const auto records = store->read(position, static_cast<std::size_t>(10 + 40 * i));
                ASSERT_TRUE(records) << records.error().message;
                ASSERT_TRUE(end == position || !records->empty());
                for (const auto& record : *records) {
                    ASSERT_EQ(record->position, ++position);
                }
            }
        });
    }
    readers.emplace_back([&] {
        while (!stop) {
            const auto page = store->query({.aggregate_id = uuid(499), .limit = 50});
            ASSERT_TRUE(page) << page.error().message;
            for (std::size_t i = 0; i < page->records.size(); ++i) {
                ASSERT_EQ(page->records[i].sequence, static_cast<std::int64_t>(i) + 1);
            }
            ASSERT_TRUE(store->health());
            ASSERT_TRUE(store->count_beyond(0, {"own"}));
        }
    });
    Publishers publishers(*store);
    publishers.join();
    stop = true;
    store->wake();
    for (auto& reader : readers) {
        reader.join();
    }
}

TEST(Concurrency, EachPositionIsFinishedByOneOfMany) {
    Fixture store;
    ASSERT_TRUE(store->open_group("g", true));
    constexpr std::int64_t events = 300;
    for (std::int64_t i = 1; i <= events; ++i) {
        store->submit(append(event(i)),
                      [](const Result<Committed>& result) { EXPECT_TRUE(result); });
    }
    ASSERT_TRUE(store->commit({}));
    std::array<std::atomic<int>, events + 1> effects{};
    std::vector<std::thread> handlers;
    for (int i = 0; i < 4; ++i) {
        handlers.emplace_back([&] {
            for (std::int64_t position = 1; position <= events; ++position) {
                Transaction transaction;
                transaction.group = "g";
                transaction.finished = {position};
                if (store->commit(transaction)) {
                    ++effects[static_cast<std::size_t>(position)];
                }
            }
        });
    }
    for (auto& handler : handlers) {
        handler.join();
    }
    for (std::size_t position = 1; position <= events; ++position) {
        ASSERT_EQ(effects[position], 1) << position;
    }
    EXPECT_EQ(store->groups()->at(0).position, events);
}

TEST(Concurrency, OneOfManyWinsARevision) {
    Fixture store;
    std::atomic<int> won = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int attempt = 0; attempt < 100; ++attempt) {
                const auto document = store->document("c", "k").value();
                Transaction transaction;
                transaction.guards.push_back(
                    {.collection = "c", .key = "k", .revision = document ? document->revision : 0});
                transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
                won += store->commit(transaction) ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(store->document("c", "k").value()->revision, won);
}

TEST(Concurrency, PurgeAndArchiveRunBesidePublishers) {
    Fixture store;
    std::atomic<bool> stop = false;
    std::thread cleaner([&] {
        std::int64_t position = 0;
        while (!stop) {
            position += 3;
            if (const auto record = store->at(position).value()) {
                EXPECT_TRUE(store->archive(record->event_id, "me", "test"));
            }
            EXPECT_TRUE(store->purge(at(9'000'000'000), 10));
        }
    });
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 3; ++writer) {
        threads.emplace_back([&, writer] {
            for (std::int64_t i = 1; i <= 200; ++i) {
                Record record = event(number_of(writer, i), "made", uuid(500 + i % 7));
                if (i % 2 == 0) {
                    record.expires_at = at(0);
                }
                ASSERT_TRUE(store->commit(append(record)));
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    stop = true;
    cleaner.join();
    EXPECT_EQ(store->last_position(), 600);
    EXPECT_THAT(store->verify().value(), testing::IsEmpty());
}

}  // namespace
}  // namespace quipu::test
