// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

using testing::HasSubstr;

std::vector<std::int64_t> positions(const std::vector<RecordPtr>& records) {
    std::vector<std::int64_t> out;
    for (const auto& record : records) {
        out.push_back(record->position);
    }
    return out;
}

Record full_record() {
    Record record = event(7, "execution_completed", uuid(900));
    record.key = std::string("\0M\xfcller\xc8", 9);
    record.expires_at = at(1'900'000'000);
    record.timestamp = Time(std::chrono::microseconds(1'700'000'000'123'456));
    record.headers = {{"traceparent", "00-abc"}, {"binary", std::string("\0\xff\n", 3)}, {"", ""}};
    record.headers.add("null", {});
    record.body = std::string("{\"text\":\"\xc3\xa4 \\u0000\"}") + '\0' + "\xff tail";
    return record;
}

void expect_same(const Record& stored, const Record& sent) {
    EXPECT_EQ(stored.event_id, sent.event_id);
    EXPECT_EQ(stored.event_type, sent.event_type);
    EXPECT_EQ(stored.key, sent.key);
    EXPECT_EQ(stored.aggregate_id, sent.aggregate_id);
    EXPECT_EQ(stored.timestamp, sent.timestamp);
    EXPECT_EQ(stored.expires_at, sent.expires_at);
    EXPECT_EQ(stored.headers, sent.headers);
    EXPECT_EQ(stored.body, sent.body);
}

TEST(Log, KeepsEveryFieldByteForByte) {
    Fixture store;
    const Record sent = full_record();
    const auto committed = store->commit(append(sent));
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(committed->appended.at(0).position, 1);
    EXPECT_EQ(committed->appended.at(0).sequence, 1);
    EXPECT_FALSE(committed->appended.at(0).duplicate);
    for (const bool from_file : {false, true}) {
        if (from_file) {
            store.reopen();
        }
        const auto read = store->read(0, 10);
        ASSERT_TRUE(read);
        ASSERT_EQ(read->size(), 1U);
        expect_same(*read->front(), sent);
        EXPECT_EQ(read->front()->stored_at, at(1'800'000'000));
        const auto found = store->find(sent.event_id);
        ASSERT_TRUE(found) << found.error().message;
        ASSERT_TRUE(*found);
        expect_same(**found, sent);
        const auto placed = store->at(1);
        ASSERT_TRUE(placed && *placed);
        expect_same(**placed, sent);
        EXPECT_EQ((*placed)->sequence, 1);
    }
}

TEST(Log, KeepsIdsThatAreNotUuids) {
    Fixture store;
    for (const std::string id :
         {"1", "ORDER-7", "01900000-0000-7000-8000-00000000000A",
          "01900000-0000-7000-8000-00000000000a", "01900000000070008000000000000000000a"}) {
        Record record = event(1, "made", id);
        record.event_id = id;
        record.key = "";
        ASSERT_TRUE(store->commit(append(record)));
        const auto found = store->find(id);
        ASSERT_TRUE(found && *found) << id;
        EXPECT_EQ((*found)->event_id, id);
        EXPECT_EQ((*found)->aggregate_id, id);
        EXPECT_EQ((*found)->key, "");
        EXPECT_EQ((*found)->sequence, 1);
    }
    EXPECT_EQ(store->last_position(), 5);
}

TEST(Log, GivesPositionsAndSequencesWithoutGaps) {
    Fixture store;
    for (std::int64_t i = 1; i <= 6; ++i) {
        const auto committed =
            store->commit(append(event(i, "made", i % 3 == 0 ? "" : uuid(1000 + i % 3))));
        ASSERT_TRUE(committed);
        EXPECT_EQ(committed->appended[0].position, i);
        EXPECT_EQ(committed->appended[0].sequence, i % 3 == 0 ? 0 : (i + 2) / 3);
    }
    store.reopen();
    const auto committed = store->commit(append(event(7, "made", uuid(1001))));
    ASSERT_TRUE(committed);
    EXPECT_EQ(committed->appended[0].position, 7);
    EXPECT_EQ(committed->appended[0].sequence, 3);
}

TEST(Log, DuplicateReturnsTheFirstPosition) {
    Fixture store;
    const Record record = event(1, "made", uuid(50));
    ASSERT_TRUE(store->commit(append(event(9, "made", uuid(50)))));
    ASSERT_TRUE(store->commit(append(record)));
    for (int round = 0; round < 2; ++round) {
        const auto again = store->commit(append(record));
        ASSERT_TRUE(again);
        EXPECT_TRUE(again->appended[0].duplicate);
        EXPECT_EQ(again->appended[0].position, 2);
        EXPECT_EQ(again->appended[0].sequence, 2);
        store.reopen();
    }
    EXPECT_EQ(store->last_position(), 2);
    const auto next = store->commit(append(event(2, "made", uuid(50))));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->appended[0].position, 3);
    EXPECT_EQ(next->appended[0].sequence, 3);
}

TEST(Log, SameIdWithDifferentContentIsAConflict) {
    Fixture store;
    ASSERT_TRUE(store->commit(append(event(1))));
    Record other = event(1);
    other.body = "{\"secret\":1}";
    auto result = store->commit(append(other));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::conflict);
    EXPECT_THAT(result.error().message, HasSubstr(uuid(1)));
    EXPECT_THAT(result.error().message, testing::Not(HasSubstr("secret")));
    result = store->commit(append(event(1, "renamed")));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::conflict);
    EXPECT_EQ(store->last_position(), 1);
}

TEST(Log, AFailedTransactionStoresNothing) {
    Fixture store;
    ASSERT_TRUE(store->commit(append(event(1))));
    Record twisted = event(1);
    twisted.body = "{}";
    Transaction transaction = append(event(2));
    transaction.appends.push_back({.record = twisted, .expected_sequence = {}});
    transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
    EXPECT_FALSE(store->commit(transaction));
    transaction = append(twisted);
    transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
    EXPECT_FALSE(store->commit(transaction));
    EXPECT_EQ(store->last_position(), 1);
    EXPECT_EQ(store->document("c", "k").value(), std::nullopt);
    EXPECT_EQ(store->find(uuid(2)).value().has_value(), false);
    const auto next = store->commit(append(event(3)));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->appended[0].position, 2);
}

TEST(Log, ATransactionMayRepeatItsOwnEvent) {
    Fixture store;
    Transaction transaction = append(event(1, "made", uuid(5)));
    transaction.appends.push_back(transaction.appends[0]);
    transaction.appends.push_back({.record = event(2, "made", uuid(5)), .expected_sequence = 1});
    const auto committed = store->commit(transaction);
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_FALSE(committed->appended[0].duplicate);
    EXPECT_TRUE(committed->appended[1].duplicate);
    EXPECT_EQ(committed->appended[1].position, 1);
    EXPECT_EQ(committed->appended[2].position, 2);
    EXPECT_EQ(committed->appended[2].sequence, 2);
    transaction = append(event(3));
    transaction.appends.push_back(transaction.appends[0]);
    transaction.appends[1].record.body = "{}";
    const auto twisted = store->commit(transaction);
    ASSERT_FALSE(twisted);
    EXPECT_EQ(twisted.error().code, ErrorCode::conflict);
    EXPECT_EQ(store->last_position(), 2);
}

TEST(Log, OneOfTwoWithTheSameExpectedSequenceWins) {
    Fixture store;
    const auto expecting = [](std::int64_t number, std::int64_t sequence) {
        Transaction transaction = append(event(number, "made", uuid(70)));
        transaction.appends[0].expected_sequence = sequence;
        return transaction;
    };
    EXPECT_FALSE(store->commit(expecting(1, 1)));
    ASSERT_TRUE(store->commit(expecting(1, 0)));
    ASSERT_TRUE(store->commit(expecting(2, 1)));
    const auto late = store->commit(expecting(3, 1));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::conflict);
    // A retry of what succeeded is a duplicate, not a conflict.
    const auto retry = store->commit(expecting(2, 1));
    ASSERT_TRUE(retry);
    EXPECT_TRUE(retry->appended[0].duplicate);
    store.reopen();
    EXPECT_FALSE(store->commit(expecting(3, 1)));
    EXPECT_TRUE(store->commit(expecting(3, 2)));
    Transaction none = append(event(4));
    none.appends[0].expected_sequence = 0;
    EXPECT_EQ(store->commit(none).error().code, ErrorCode::invalid);
}

TEST(Log, RefusesMalformedRecords) {
    Fixture store;
    Record record = event(1);
    record.event_id.clear();
    EXPECT_EQ(store->commit(append(record)).error().code, ErrorCode::invalid);
    record = event(1);
    record.event_type.clear();
    EXPECT_EQ(store->commit(append(record)).error().code, ErrorCode::invalid);
    record = event(1);
    record.event_id.assign(513, 'x');
    EXPECT_EQ(store->commit(append(record)).error().code, ErrorCode::limit);
    record = event(1);
    record.aggregate_id.assign(513, 'x');
    EXPECT_EQ(store->commit(append(record)).error().code, ErrorCode::limit);
    EXPECT_EQ(store->last_position(), 0);
}

TEST(Log, ReadsFromMemoryAndFromTheFileAgree) {
    StoreBounds options;
    options.cache_records = 10;
    Fixture store(options);
    for (std::int64_t i = 1; i <= 50; ++i) {
        ASSERT_TRUE(store->commit(append(event(i))));
    }
    for (std::int64_t after = 0; after <= 51; ++after) {
        for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
            const auto read = store->read(after, limit);
            ASSERT_TRUE(read);
            const auto got = positions(*read);
            const std::int64_t last = std::min<std::int64_t>(50, after + std::int64_t(limit));
            ASSERT_EQ(static_cast<std::int64_t>(got.size()),
                      std::max<std::int64_t>(0, last - after));
            for (std::size_t i = 0; i < got.size(); ++i) {
                EXPECT_EQ(got[i], after + 1 + static_cast<std::int64_t>(i));
            }
        }
    }
    EXPECT_TRUE(store->read(0, 0)->empty());
}

TEST(Log, CountsRecordsBeyondAPosition) {
    Fixture store;
    EXPECT_EQ(store->count_beyond(0, {}), 0);
    for (std::int64_t i = 1; i <= 9; ++i) {
        ASSERT_TRUE(store->commit(append(event(i, i % 3 == 0 ? "third" : "other"))));
    }
    EXPECT_EQ(store->count_beyond(0, {}), 9);
    EXPECT_EQ(store->count_beyond(4, {}), 5);
    EXPECT_EQ(store->count_beyond(9, {}), 0);
    EXPECT_EQ(store->count_beyond(99, {}), 0);
    EXPECT_EQ(store->count_beyond(3, {"third"}), 2);
    EXPECT_EQ(store->count_beyond(3, {"third", "other", "never"}), 6);
    ASSERT_TRUE(store->archive(uuid(4), "me", "test"));
    ASSERT_TRUE(store->archive(uuid(9), "me", "test"));
    EXPECT_EQ(store->count_beyond(0, {}), 7);
    EXPECT_EQ(store->count_beyond(4, {}), 4);
    EXPECT_EQ(store->count_beyond(3, {}), 4);
    EXPECT_EQ(store->count_beyond(3, {"third"}), 1);
}

TEST(Log, WaitEndsOnARecordAWakeOrATimeout) {
    Fixture store;
    EXPECT_EQ(store->wait_beyond(0, std::chrono::milliseconds(1)), 0);
    std::thread publisher([&] { EXPECT_TRUE(store->commit(append(event(1)))); });
    EXPECT_EQ(store->wait_beyond(0, std::chrono::minutes(5)), 1);
    publisher.join();
    EXPECT_EQ(store->wait_beyond(0, std::chrono::minutes(5)), 1);
    std::atomic<bool> woken = false;
    std::thread waiter([&] {
        EXPECT_EQ(store->wait_beyond(1, std::chrono::minutes(5)), 1);
        woken = true;
    });
    while (!woken) {
        store->wake();  // again and again: the waiter may not wait yet
        std::this_thread::yield();
    }
    waiter.join();
}

TEST(Log, CallbackRunsAfterTheDataIsVisible) {
    Fixture store;
    std::promise<void> answered;
    store->submit(append(event(1)), [&](const Result<Committed>& result) {
        EXPECT_TRUE(result);
        EXPECT_EQ(store->last_position(), 1);
        EXPECT_EQ(store->read(0, 5)->size(), 1U);
        answered.set_value();
    });
    answered.get_future().wait();
}

TEST(Log, ACallbackMaySubmitAndMayThrow) {
    Fixture store;
    std::promise<Result<Committed>> second;
    store->submit(append(event(1)), [&](const Result<Committed>&) {
        store->submit(append(event(2)),
                      [&](Result<Committed> result) { second.set_value(std::move(result)); });
        throw std::runtime_error("a fault of the caller");
    });
    EXPECT_TRUE(second.get_future().get());
    EXPECT_EQ(store->last_position(), 2);
}

TEST(Log, ClosingStoresQueuedTransactions) {
    Fixture store;
    std::atomic<int> answered = 0;
    for (std::int64_t i = 1; i <= 500; ++i) {
        store->submit(append(event(i)), [&](const Result<Committed>& result) {
            EXPECT_TRUE(result);
            ++answered;
        });
    }
    store.close();
    EXPECT_EQ(answered, 500);
    store.open();
    EXPECT_EQ(store->last_position(), 500);
    EXPECT_TRUE(store->verify()->empty());
}

TEST(Log, FullQueueBlocksPublishers) {
    StoreBounds options;
    options.max_queue_bytes = 4096;
    options.max_batch_records = 3;
    Fixture store(options);
    std::atomic<int> answered = 0;
    for (std::int64_t i = 1; i <= 300; ++i) {
        store->submit(append(event(i)), [&](const Result<Committed>& result) {
            EXPECT_TRUE(result);
            ++answered;
        });
    }
    ASSERT_TRUE(store->commit(append(event(301))));
    EXPECT_EQ(answered, 300);
    Record large = event(302);
    large.body.assign(5000, 'x');
    EXPECT_EQ(store->commit(append(large)).error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace quipu::test
