// SPDX-License-Identifier: Apache-2.0
// What comes out of a topic log and finds its position in the store.
#include "quipu/delivery/log/log_intake.hpp"

#include <gmock/gmock.h>

#include "delivery/fixture.hpp"
#include "quipu/delivery/log/wire.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/store_proxy.hpp"
#include "support/temp_directory.hpp"

namespace quipu::delivery_test {
namespace {

/// For some stores this is a look at the server, and a wait for whoever writes.
class Counting final : public test::StoreProxy {
  public:
    using test::StoreProxy::StoreProxy;
    std::int64_t last_position() override {
        ++looks;
        return test::StoreProxy::last_position();
    }
    int looks = 0;
};

/// As a store with a limit for one transaction, like that of a MongoDB document.
Result<void> at_most(std::size_t bytes, const Transaction& transaction) {
    std::size_t size = 0;
    for (const Append& append : transaction.appends) {
        size += append.record.body.size() + append.record.headers.bytes().size();
    }
    if (size > bytes) return fail(ErrorCode::limit, "too many bytes");
    return {};
}

std::string body_of(const std::string& type, const std::string& head) {
    return "{" + head + R"("event_type":")" + type +
           R"(","metadata":{"service_name":"python","service_version":"1"},)"
           R"("customer":"ada","number":1})";
}

class LogIntake : public testing::Test {
  protected:
    void SetUp() override {
        SqliteOptions options;
        options.path = directory_.file();
        auto opened = open_sqlite_store(std::move(options));
        ASSERT_TRUE(opened) << opened.error().message;
        store_ = std::move(*opened);
        ASSERT_TRUE(store_->open_group("group", true));
    }

    static LogRecord at(std::int64_t offset, std::string value,
                        std::optional<std::string> key = "k") {
        LogRecord record;
        record.place = {{"ordered", 0}, offset};
        record.key = std::move(key);
        record.value = std::move(value);
        record.timestamp = Time(std::chrono::seconds(1'000'000 + offset));
        return record;
    }

    std::vector<Arrival> take(std::vector<LogRecord> records) {
        std::vector<ReceivedRecord> received;
        for (LogRecord& record : records) received.emplace_back(std::move(record));
        test::StoreProxy front(*store_);
        front.before = before_;
        auto arrivals = take_in(front, Events::types(), received, Time{});
        EXPECT_TRUE(arrivals) << arrivals.error().message;
        return arrivals.value_or(std::vector<Arrival>{});
    }
    Arrival take_one(LogRecord record) {
        std::vector<LogRecord> one;
        one.push_back(std::move(record));
        return take(std::move(one)).at(0);
    }

    /// The event as a handler gets it.
    static Event<Ordered> handled(const Record& record) {
        Event<Ordered> event;
        detail::decode_record(record, detail::Single<Ordered>::types(),
                              &detail::Single<Ordered>::emplace, &event);
        return event;
    }

    test::TempDirectory directory_;
    std::unique_ptr<Store> store_;
    std::function<Result<void>(const Transaction&)> before_;
};

TEST_F(LogIntake, AsksForTheEndOfTheStoreOncePerBatch) {
    Store& store = *store_;
    std::vector<ReceivedRecord> records;
    for (int number = 0; number < 20; ++number) {
        Record record;
        record.event_id = "id" + std::to_string(number);
        record.event_type = "shipped";
        record.key = "key";
        record.body = "{}";
        Transaction transaction;
        transaction.appends.push_back({record, {}});
        ASSERT_TRUE(store.commit(std::move(transaction)));
        const auto stored = store.at(number + 1);
        ASSERT_TRUE(stored && *stored);
        records.emplace_back(wire::to_log(**stored, store.identity()));
    }
    Counting counting(store);
    const auto arrivals = take_in(counting, Events::types(), records, Time{});
    ASSERT_TRUE(arrivals) << arrivals.error().message;
    ASSERT_EQ(arrivals->size(), records.size());
    EXPECT_EQ(arrivals->back().record->position, 20);
    EXPECT_EQ(counting.looks, 1);
    EXPECT_EQ(store.last_position(), 20) << "none was taken for another's";
}

// Ids of records that bring none.

TEST_F(LogIntake, RecordsAtOnePlaceOfTwoTopicsBothArrive) {
    const Arrival first = take_one(at(0, "not JSON"));
    const Arrival second = take_one(at(0, "no JSON either"));
    const Arrival again = take_one(at(0, "not JSON"));
    EXPECT_EQ(first.record->position, 1);
    EXPECT_EQ(second.record->position, 2);
    EXPECT_EQ(again.record->position, 1) << "the same record once more";
    EXPECT_THAT(first.record->event_id, testing::StartsWith("log:ordered/0/0/"));
}

TEST_F(LogIntake, RecordsAtOnePlaceDifferByKeyAndTime) {
    EXPECT_EQ(take_one(at(0, "x", "a")).record->position, 1);
    EXPECT_EQ(take_one(at(0, "x", "b")).record->position, 2);
    EXPECT_EQ(take_one(at(0, "x", std::nullopt)).record->position, 3);
    EXPECT_EQ(take_one(at(0, "ax", "")).record->position, 4);
    LogRecord later = at(0, "x", "a");
    later.timestamp += std::chrono::milliseconds(1);
    EXPECT_EQ(take_one(std::move(later)).record->position, 5);
}

TEST_F(LogIntake, ProducersEventCannotTakeTheIdOfARecord) {
    const Arrival bad = take_one(at(1, "not JSON"));
    const std::string claim = R"("event_id":")" + bad.record->event_id + R"(",)";
    const Arrival claiming = take_one(at(0, body_of("ordered", claim)));
    EXPECT_NE(claiming.record->event_id, bad.record->event_id);
    EXPECT_THAT(claiming.refusal, testing::HasSubstr("reserved"));
    EXPECT_THROW(static_cast<void>(handled(*claiming.record)), Undecodable);
    // Also as it comes from the store later.
    const auto stored = store_->at(claiming.record->position);
    ASSERT_TRUE(stored && *stored);
    EXPECT_THROW(static_cast<void>(handled(**stored)), Undecodable);
}

TEST_F(LogIntake, PublishersCannotAskForAReservedId) {
    RawPublisher raw(*store_, Events::types(), Producer{"tests", "1.0", Environment::test});
    const auto done =
        Publisher<Events>(raw).publish(Ordered{.customer = "ada"}, {.event_id = "log:ordered/0/1"});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::invalid);
    EXPECT_THAT(done.error().message, testing::HasSubstr("reserved"));
    EXPECT_FALSE(raw.publish_json("ordered", R"({"event_id":"log:","customer":"a","number":1})"));
    EXPECT_TRUE(raw.publish_json("ordered", R"({"event_id":"log","customer":"a","number":1})"));
}

TEST_F(LogIntake, EventWithoutAnIdIsOneEventHoweverOftenItIsRead) {
    const std::string text = body_of("ordered", "");
    const Arrival first = take_one(at(0, text));
    const Arrival again = take_one(at(0, text));
    const Arrival other = take_one(at(1, text));
    EXPECT_EQ(first.refusal, "");
    EXPECT_EQ(again.record->position, first.record->position);
    EXPECT_NE(other.record->position, first.record->position);
    const Event<Ordered> event = handled(*first.record);
    EXPECT_EQ(event.header.event_id, first.record->event_id);
    EXPECT_EQ(event.header.timestamp, at(0, {}).timestamp) << "the log's, not today's";
}

TEST_F(LogIntake, EmptyIdIsNoId) {
    const Arrival arrival = take_one(at(0, body_of("ordered", R"("event_id":"",)")));
    EXPECT_EQ(arrival.refusal, "");
    EXPECT_EQ(handled(*arrival.record).header.event_id, arrival.record->event_id);
}

TEST_F(LogIntake, EventOfAnotherTypeNamesItsTopic) {
    const Arrival whole = take_one(at(0, body_of("shipped", R"("event_id":"s-1",)")));
    EXPECT_THAT(whole.refusal, testing::HasSubstr("topic of 'shipped', not in that of 'ordered'"));
    const Arrival faulty = take_one(at(1, R"({"event_type":"shipped"})"));
    EXPECT_THAT(faulty.refusal, testing::HasSubstr("topic of 'shipped'"));
    // Its own topic can still bring it.
    LogRecord right = at(0, body_of("shipped", R"("event_id":"s-1",)"));
    right.place.partition.event_type = "shipped";
    EXPECT_EQ(take_one(std::move(right)).refusal, "");
}

// What the store does not take.

TEST_F(LogIntake, OversizedRecordIsStoredByReferenceAndTheOthersWhole) {
    before_ = [](const Transaction& transaction) { return at_most(100'000, transaction); };
    const std::string large(200'000, 'x');
    const auto arrivals = take({at(0, body_of("ordered", R"("event_id":"a",)")), at(1, large),
                                at(2, body_of("ordered", R"("event_id":"b",)"))});
    ASSERT_EQ(arrivals.size(), 3U);
    EXPECT_EQ(arrivals[0].refusal, "");
    EXPECT_EQ(arrivals[2].refusal, "");
    const Record& record = *arrivals[1].record;
    EXPECT_EQ(record.body, large.substr(0, 65'536));
    EXPECT_THAT(arrivals[1].refusal, testing::HasSubstr("65536 of the 200000 bytes"));
    EXPECT_EQ(record.headers.find("quipu-log-topic"), "ordered");
    EXPECT_EQ(record.headers.find("quipu-log-partition"), "0");
    EXPECT_EQ(record.headers.find("quipu-log-offset"), "1");
    EXPECT_EQ(record.headers.find("quipu-log-size"), "200000");
    EXPECT_EQ(record.headers.find("quipu-log-digest")->size(), 36U);
    EXPECT_EQ(take_one(at(1, large)).record->position, record.position) << "read once more";
}

TEST_F(LogIntake, OversizedHeadersAreLeftOutAndTheEventIsNotHandled) {
    before_ = [](const Transaction& transaction) { return at_most(100'000, transaction); };
    LogRecord record = at(0, body_of("ordered", R"("event_id":"a",)"));
    record.headers.add("trace", std::string(200'000, 'h'));
    const Arrival arrival = take_one(std::move(record));
    EXPECT_FALSE(arrival.refusal.empty());
    EXPECT_FALSE(arrival.record->headers.find("trace"));
    EXPECT_THROW(static_cast<void>(handled(*arrival.record)), Undecodable)
        << "its value is whole, but it is not the event that the producer sent";
}

TEST_F(LogIntake, ManyLargeRecordsAreTakenInPortions) {
    constexpr std::size_t most = std::size_t{6} << 20;
    int refused = 0;
    before_ = [&](const Transaction& transaction) {
        auto allowed = at_most(most, transaction);
        if (!allowed) ++refused;
        return allowed;
    };
    std::vector<LogRecord> records;
    for (int offset = 0; offset < 20; ++offset) {
        records.push_back(at(offset, std::string(900'000, 'x')));
    }
    const auto arrivals = take(std::move(records));
    EXPECT_EQ(refused, 0);
    EXPECT_EQ(arrivals.back().record->position, 20);
    EXPECT_EQ(arrivals.back().record->body.size(), 900'000U);
}

TEST_F(LogIntake, StoreThatIsAwayIsNoReasonToCutARecord) {
    before_ = [](const Transaction&) -> Result<void> {
        return fail(ErrorCode::unavailable, "away");
    };
    std::vector<ReceivedRecord> received;
    received.emplace_back(at(0, "not JSON"));
    test::StoreProxy front(*store_);
    front.before = before_;
    const auto arrivals = take_in(front, Events::types(), received, Time{});
    ASSERT_FALSE(arrivals);
    EXPECT_EQ(arrivals.error().code, ErrorCode::unavailable);
    EXPECT_EQ(store_->last_position(), 0);
}

TEST_F(LogIntake, HeadersThatAReaderSetsCannotBeSent) {
    LogRecord record = at(0, body_of("ordered", R"("event_id":"a",)"));
    record.headers = {{"quipu-refused", "no"}, {"quipu-log-offset", "7"}, {"tenant", "t"}};
    const Arrival arrival = take_one(std::move(record));
    EXPECT_EQ(handled(*arrival.record).header.event_id, "a");
    EXPECT_FALSE(arrival.record->headers.find("quipu-log-offset"));
    EXPECT_EQ(arrival.record->headers.find("tenant"), "t");
    EXPECT_TRUE(wire::callers_headers({{"quipu-refused", "no"}}).empty());
}

// Keys, headers, tombstones.

TEST_F(LogIntake, KeysKeepTheirBytes) {
    const std::vector<std::string> keys{std::string("\0\0\0\0\0\0\0\xc8", 8),
                                        std::string("\0\0\0\0\0\0\0\xc9", 8), "M\xfcller",
                                        "M\xf6ller"};
    std::int64_t offset = 0;
    for (const std::string& key : keys) {
        const auto arrival = take_one(at(offset++, body_of("ordered", ""), key));
        EXPECT_EQ(arrival.record->key, key);
        const auto stored = store_->at(arrival.record->position);
        ASSERT_TRUE(stored && *stored);
        EXPECT_EQ((*stored)->key, key);
        EXPECT_EQ(wire::to_log(**stored, "store").key, key);
    }
}

TEST_F(LogIntake, LongKeysNeverMerge) {
    const std::string a = take_one(at(0, "x", std::string(5000, 'k') + 'A')).record->key;
    const std::string b = take_one(at(1, "x", std::string(5000, 'k') + 'B')).record->key;
    EXPECT_NE(a, b);
    EXPECT_EQ(a.size(), 4096U);
    EXPECT_THAT(a, testing::StartsWith("kkkk"));
    EXPECT_NE(wire::stored_key(a), a) << "a key that looks like one made of a longer key";
    EXPECT_EQ(wire::stored_key(std::string(4095, 'k')), std::string(4095, 'k'));
}

TEST_F(LogIntake, NullHeaderIsNoEmptyOne) {
    LogRecord record = at(0, body_of("ordered", ""));
    record.headers.add("null", {});
    record.headers.add("empty", "");
    const auto arrival = take_one(std::move(record));
    const auto stored = store_->at(arrival.record->position);
    ASSERT_TRUE(stored && *stored);
    const RecordHeaders& headers = (*stored)->headers;
    ASSERT_TRUE(headers.find("null") && headers.find("empty"));
    EXPECT_EQ(headers.find("null")->data(), nullptr);
    EXPECT_NE(headers.find("empty")->data(), nullptr);
    EXPECT_EQ(headers.find("empty"), "");
}

TEST_F(LogIntake, TombstoneIsPassedOverAndStoredNowhere) {
    LogRecord tombstone = at(0, "");
    tombstone.null_value = true;
    const auto arrivals = take({tombstone, at(1, body_of("ordered", ""))});
    ASSERT_EQ(arrivals.size(), 2U);
    EXPECT_EQ(arrivals[0].record->position, 0);
    EXPECT_EQ(arrivals[0].refusal, "");
    EXPECT_EQ(arrivals[1].record->position, 1);
    EXPECT_EQ(store_->unfinished("group", {0, 1}), (std::vector<std::int64_t>{1}));
}

TEST_F(LogIntake, EmptyValueAndNoKeyAreNoTombstones) {
    LogRecord keyless = at(0, "", std::nullopt);
    keyless.null_value = true;
    const auto arrivals = take({keyless, at(1, "")});
    EXPECT_EQ(arrivals.at(0).record->position, 1);
    EXPECT_EQ(arrivals.at(1).record->position, 2);
}

}  // namespace
}  // namespace quipu::delivery_test
