// SPDX-License-Identifier: Apache-2.0
// Records through a real broker.
#include <cstdio>
#include <memory>

#include "log/kafka/live.hpp"
#include "quipu/log/kafka/producer.hpp"

namespace quipu::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class KafkaLive : public KafkaLiveTest {
  protected:
    KafkaLive() : KafkaLiveTest("QUIPU_TEST_KAFKA") {}
};

TEST_F(KafkaLive, IsReachable) {
    EXPECT_TRUE(eventually([&] { return log_->health().reachable; }));
    EXPECT_EQ(log_->health().problem, "");
    EXPECT_EQ(log_->health().location, brokers_);
    EXPECT_THAT(notices_.lines(), IsEmpty());
}

TEST_F(KafkaLive, RecordsOfAKeyAreReadInOrder) {
    create("numbers", 3);
    produce_numbers("numbers", 0, 3000, 7);
    const auto consumer = consume(group({"numbers"}));
    const auto records = read(*consumer, 3000);
    expect_order(records);
    std::map<std::string, std::set<std::int32_t>> partitions;
    for (const auto& record : records) {
        partitions[*record.key].insert(record.place.partition.partition);
    }
    EXPECT_EQ(partitions.size(), 7U);
    for (const auto& [key, numbers] : partitions) {
        EXPECT_EQ(numbers.size(), 1U) << key;
    }
}

TEST_F(KafkaLive, ARecordComesBackByteForByte) {
    create("greeted");
    const RecordHeaders headers{{"traceparent", "00-1"},
                                {"x", "first"},
                                {"x", "second"},
                                {"empty", ""},
                                {"bytes", std::string("\0\xff", 2)}};
    LogRecord record =
        log_record("greeted", std::string("k\0y", 3), std::string("v\0\n", 3), headers);
    record.timestamp = Time(std::chrono::milliseconds(1'700'000'000'123));
    const auto place = produce(std::move(record));
    ASSERT_TRUE(place) << place.error().message;
    EXPECT_EQ(place->partition, (LogPartition{"greeted", 0}));
    EXPECT_EQ(place->offset, 0);
    const auto consumer = consume(group({"greeted"}));
    const auto records = read(*consumer, 1);
    EXPECT_EQ(records[0].place, *place);
    EXPECT_EQ(records[0].key, std::string("k\0y", 3));
    EXPECT_EQ(records[0].value, std::string("v\0\n", 3));
    EXPECT_EQ(records[0].headers, headers);
    EXPECT_EQ(records[0].timestamp, Time(std::chrono::milliseconds(1'700'000'000'123)));
}

TEST_F(KafkaLive, NoKeyIsNotAnEmptyKey) {
    create("greeted");
    ASSERT_TRUE(produce(log_record("greeted", std::nullopt, "none")));
    ASSERT_TRUE(produce(log_record("greeted", "", "empty")));
    ASSERT_TRUE(produce(log_record("greeted", std::nullopt, "")));
    const auto consumer = consume(group({"greeted"}));
    const auto records = read(*consumer, 3);
    EXPECT_THAT(values(records), ElementsAre("none", "empty", ""));
    EXPECT_EQ(records[0].key, std::nullopt);
    EXPECT_EQ(records[1].key, "");
    EXPECT_NE(records[0].timestamp, Time{});
}

TEST_F(KafkaLive, ARecordOutlivesItsConsumerAndTheLog) {
    create("greeted");
    ASSERT_TRUE(produce(log_record("greeted", "ada", "value", {{"name", "text"}})));
    std::vector<ReceivedRecord> kept;
    {
        const auto consumer = consume(group({"greeted"}));
        ASSERT_TRUE(eventually([&] {
            auto records = consumer->poll(100ms, 10);
            if (records) kept = std::move(*records);
            return !kept.empty();
        }));
    }
    log_.reset();
    // Not read before.
    EXPECT_THAT(kept.front().headers(), ElementsAre(Pair("name", "text")));
    EXPECT_THAT(notices_.lines(), IsEmpty());
    EXPECT_EQ(kept.front().key(), "ada");
    EXPECT_EQ(kept.front().value(), "value");
    kept.clear();
}

TEST_F(KafkaLive, CallbacksAreDestroyedOnceAnswered) {
    create("greeted");
    std::vector<std::weak_ptr<int>> held;
    for (int number = 0; number < 3000; ++number) {
        const auto mine = std::make_shared<int>(number);
        held.push_back(mine);
        log_->produce(log_record("greeted", std::to_string(number), "value", {{"name", "text"}}),
                      [mine](const Result<LogPlace>& place) { EXPECT_TRUE(place); });
    }
    ASSERT_TRUE(log_->flush(60s));
    for (const auto& each : held) EXPECT_TRUE(each.expired());
}

/// Another program's record: a key, no value, a header without a value.
TEST_F(KafkaLive, ARecordWithoutAValueIsAnEmptyOne) {
    create("greeted");
    const std::string command = "printf 'k:' | kcat -P -b " + brokers_ + " -t " + prefix_ +
                                "greeted -K : -Z -H foreign=1 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> kcat(popen(command.c_str(), "r"), pclose);
    ASSERT_NE(kcat, nullptr);
    const auto consumer = consume(group({"greeted"}));
    const auto records = read(*consumer, 1);
    EXPECT_EQ(records[0].key, "k");
    EXPECT_EQ(records[0].value, "");
    EXPECT_THAT(records[0].headers, ElementsAre(Pair("foreign", "1")));
}

TEST_F(KafkaLive, KeysMapToTheSamePartitionsAsInOtherClients) {
    // As the Java client places them: murmur2 of the key, modulo the number of partitions.
    create("greeted", 12);
    const std::map<std::string, std::int32_t> expected{
        {"21", -973932308 & 0x7fffffff},
        {"foobar", -790332482 & 0x7fffffff},
        {"a-little-bit-long-string", -985981536 & 0x7fffffff}};
    for (const auto& [key, hash] : expected) {
        const auto place = produce(log_record("greeted", key, "v"));
        ASSERT_TRUE(place) << place.error().message;
        EXPECT_EQ(place->partition.partition, hash % 12) << key;
    }
}

TEST_F(KafkaLive, ALargeRecordPassesAndATooLargeOneIsALimit) {
    create("greeted");
    const auto large = produce(log_record("greeted", "k", std::string(1'100'000, 'x')));
    EXPECT_TRUE(large) << large.error().message;
    const auto refused = produce(log_record("greeted", "k", std::string(2'100'000, 'x')));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::limit);
    EXPECT_THAT(log_->health().problem, AllOf(HasSubstr("greeted"), HasSubstr("too large")));
    EXPECT_TRUE(produce(log_record("greeted", "k", "small")));
    EXPECT_TRUE(eventually([&] { return log_->health().problem.empty(); }));
    const auto consumer = consume(group({"greeted"}));
    EXPECT_EQ(read(*consumer, 2)[0].value.size(), 1'100'000U);
}

/// The broker refuses whole batches; only the record that is too large by itself may fail for good.
TEST_F(KafkaLive, RejectedRecordDoesNotFailOthers) {
    create("greeted");
    const auto log = open({{"message.max.bytes", "5000000"}, {"linger.ms", "200"}});
    std::mutex mutex;
    std::map<int, Result<LogPlace>> results;
    std::vector<int> open_numbers{0, 1, 2, 3, 4};
    // As the contract says: what is unavailable is sent again, in order.
    ASSERT_TRUE(eventually([&] {
        for (const int number : open_numbers) {
            log->produce(
                log_record("greeted", "k",
                           number == 2 ? std::string(4'000'000, 'x') : std::to_string(number)),
                [&, number](Result<LogPlace> place) {
                    const std::scoped_lock lock(mutex);
                    results.insert_or_assign(number, std::move(place));
                });
        }
        log->flush(60s);
        open_numbers.clear();
        for (const auto& [number, place] : results) {
            if (!place && place.error().retryable()) {
                open_numbers.push_back(number);
            }
        }
        return open_numbers.empty();
    }));
    ASSERT_EQ(results.size(), 5U);
    for (const auto& [number, place] : results) {
        if (number == 2) {
            ASSERT_FALSE(place);
            EXPECT_EQ(place.error().code, ErrorCode::limit);
        } else {
            EXPECT_TRUE(place) << number << ": " << place.error().message;
        }
    }
    const auto consumer = consume(group({"greeted"}));
    EXPECT_THAT(values(read(*consumer, 4)), ElementsAre("0", "1", "3", "4"));
}

TEST_F(KafkaLive, AMissingTopicIsNotFound) {
    const auto log = open({{"topic.metadata.propagation.max.ms", "500"}});
    const auto place = produce(*log, log_record("nowhere", "k", "v"));
    ASSERT_FALSE(place);
    EXPECT_EQ(place.error().code, ErrorCode::not_found);
    EXPECT_THAT(place.error().message, AllOf(HasSubstr(prefix_ + "nowhere"), HasSubstr("create")));
    EXPECT_THAT(log->health().problem, HasSubstr("nowhere"));
    const auto consumer = consume(group({"nowhere"}));
    Result<std::vector<ReceivedRecord>> records;
    ASSERT_TRUE(eventually([&] {
        records = consumer->poll(100ms, 1);
        return !records;
    }));
    EXPECT_EQ(records.error().code, ErrorCode::not_found);
    EXPECT_THAT(records.error().message, HasSubstr(prefix_ + "nowhere"));
    // Requesting its metadata has not created the topic.
    EXPECT_THAT(log_->topics({"nowhere"}).value(), IsEmpty());
}

/// A client with a fatal error is replaced.
TEST_F(KafkaLive, FatalErrorFailsQueuedRecordsAndLaterCallsWork) {
    create("greeted");
    auto config = kafka::Config::check(options({{"linger.ms", "1500"}}));
    ASSERT_TRUE(config);
    const auto shared = std::make_shared<const kafka::Config>(std::move(*config));
    const auto health =
        std::make_shared<kafka::Health>(brokers_, shared->secrets(), notices_.sink());
    auto opened = kafka::Producer::open(shared, health);
    ASSERT_TRUE(opened) << opened.error().message;
    auto& producer = **opened;
    std::atomic<int> unavailable = 0;
    for (int i = 0; i < 10; ++i) {
        producer.produce(log_record("greeted", "k", "v"), [&](const Result<LogPlace>& place) {
            unavailable += !place && place.error().code == ErrorCode::unavailable ? 1 : 0;
        });
    }
    producer.fail_for_test();
    EXPECT_TRUE(producer.flush(30s));
    EXPECT_EQ(unavailable, 10);
    std::atomic<bool> delivered = false;
    EXPECT_TRUE(eventually([&] {
        producer.produce(log_record("greeted", "k", "again"), [&](const Result<LogPlace>& place) {
            delivered = delivered || place.has_value();
        });
        producer.flush(30s);
        return delivered.load();
    }));
    EXPECT_THAT(notices_.lines(), testing::Contains(HasSubstr("planted by a test")));
}

TEST_F(KafkaLive, LogWorksAfterAPurge) {
    create("greeted");
    const auto log = open({{"linger.ms", "1500"}});
    std::atomic<int> unavailable = 0;
    for (int i = 0; i < 100; ++i) {
        log->produce(log_record("greeted", "k", "v"), [&](const Result<LogPlace>& place) {
            unavailable += !place && place.error().code == ErrorCode::unavailable ? 1 : 0;
        });
    }
    log->purge();
    EXPECT_EQ(unavailable, 100);
    EXPECT_TRUE(
        eventually([&] { return produce(*log, log_record("greeted", "k", "v")).has_value(); }));
}

}  // namespace
}  // namespace quipu::test
