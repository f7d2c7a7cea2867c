// SPDX-License-Identifier: Apache-2.0
// Order of a key while a leader moves: a broker that knows nothing of a producer in a partition
// takes any of its sequence numbers, as the mock brokers always do.
#include "log/kafka/mock.hpp"
#include "quipu/log/kafka/producer.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

class KafkaOrder : public KafkaMockTest {
  protected:
    Properties default_properties() override {
        // Each record a request of its own, several of them on their way.
        return {{"batch.num.messages", "1"}};
    }
    /// Requests that follow then come closely after each other.
    void connect() {
        make_topic("other", 1);
        ASSERT_TRUE(produce(log_record("other", "key", "0")));
    }
    void produce_all(const std::string& type, const std::vector<std::string>& values) {
        for (const std::string& value : values) {
            log_->produce(log_record(type, "key", value),
                          [&](const Result<LogPlace>& place) { acknowledged_ += place ? 1 : 0; });
        }
        ASSERT_TRUE(log_->flush(60s));
        ASSERT_EQ(acknowledged_, static_cast<int>(values.size()));
    }
    std::atomic<int> acknowledged_ = 0;
};

TEST_F(KafkaOrder, RefusedFirstRecordIsNotOvertaken) {
    make_topic("made", 3);
    connect();
    refuse_next(produce_request, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    produce_all("made", {"1", "2", "3", "4", "5"});
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, 5)), ElementsAre("1", "2", "3", "4", "5"));
}

TEST_F(KafkaOrder, RefusedFirstRecordAfterALossIsNotOvertaken) {
    make_topic("made", 3);
    connect();
    // It is lost while it waits for its second try.
    refuse_next(produce_request, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    std::atomic<int> unavailable = 0;
    log_->produce(log_record("made", "key", "1"), [&](const Result<LogPlace>& place) {
        unavailable += !place && place.error().retryable() ? 1 : 0;
    });
    EXPECT_FALSE(log_->flush(50ms));
    log_->purge();
    EXPECT_EQ(unavailable, 1);
    ASSERT_TRUE(eventually([&] { return produce(log_record("other", "key", "1")).has_value(); }));
    refuse_next(produce_request, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    produce_all("made", {"1", "2", "3"});
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, 3)), ElementsAre("1", "2", "3"));
}

/// What librdkafka concludes from a later acknowledgement is not taken for one. Records without a
/// key do not wait for each other.
TEST_F(KafkaOrder, AcknowledgementWithoutAnOffsetIsALoss) {
    make_topic("made", 1);
    connect();
    ASSERT_TRUE(produce(log_record("made", "key", "0")));
    refuse_next(produce_request, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    std::atomic<int> answered = 0;
    std::array<std::atomic<bool>, 4> acknowledged{};
    for (std::size_t number = 1; number < acknowledged.size(); ++number) {
        LogRecord record = log_record("made", "", std::to_string(number));
        record.key.reset();
        log_->produce(std::move(record), [&, number](const Result<LogPlace>& place) {
            EXPECT_TRUE(!place || place->offset >= 0);
            acknowledged.at(number) = place.has_value();
            ++answered;
        });
    }
    ASSERT_TRUE(log_->flush(60s));
    EXPECT_EQ(answered, 3);
    std::vector<std::string> expected{"0"};
    for (std::size_t number = 1; number < acknowledged.size(); ++number) {
        if (acknowledged.at(number)) expected.push_back(std::to_string(number));
    }
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, expected.size())), IsSupersetOf(expected));
}

/// A broker refuses the whole batch for one record of it.
TEST_F(KafkaOrder, InvalidRecordDoesNotFailItsBatch) {
    make_topic("made", 1);
    connect();
    ASSERT_TRUE(produce(log_record("made", "key", "0")));
    const auto refused = [&] {
        refuse_next(produce_request, RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP);
        std::atomic<int> invalid = 0;
        for (int number = 1; number < 6; ++number) {
            LogRecord record = log_record("made", "", std::to_string(number));
            record.key.reset();
            log_->produce(std::move(record), [&](const Result<LogPlace>& place) {
                invalid += !place && place.error().code == ErrorCode::invalid ? 1 : 0;
            });
        }
        EXPECT_TRUE(log_->flush(60s));
        return invalid.load();
    };
    EXPECT_EQ(refused(), 0) << "sent again one by one, it shows which one it is";
    const auto works = [&] { return produce(log_record("made", "key", "6")).has_value(); };
    ASSERT_TRUE(eventually(works)) << "with a new client";
    EXPECT_EQ(refused(), 1);
    EXPECT_TRUE(eventually(works));
}

/// Brokers that answer and yet never acknowledge: another client is tried.
TEST_F(KafkaOrder, StalledRecordsAreReturnedToTheCaller) {
    make_topic("made", 1);
    auto config = kafka::Config::check(options({}));
    ASSERT_TRUE(config);
    const auto shared = std::make_shared<const kafka::Config>(std::move(*config));
    const auto health =
        std::make_shared<kafka::Health>(brokers_, shared->secrets(), notices_.sink());
    const auto opened = kafka::Producer::open(shared, health, 500ms);
    ASSERT_TRUE(opened) << opened.error().message;
    kafka::Producer& producer = **opened;
    const auto produce_one = [&] {
        std::promise<Result<LogPlace>> promise;
        producer.produce(log_record("made", "key", "1"),
                         [&](Result<LogPlace> place) { promise.set_value(std::move(place)); });
        return promise.get_future().get();
    };
    std::vector<rd_kafka_resp_err_t> refusals(1000, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    rd_kafka_mock_push_request_errors_array(cluster_.get(), produce_request, refusals.size(),
                                            refusals.data());
    // Brokers that do not answer are waited for.
    const auto silent = std::chrono::steady_clock::now();
    std::jthread later([&] {
        std::this_thread::sleep_for(1500ms);
        health->probed(true);
    });
    const auto place = produce_one();
    EXPECT_GE(std::chrono::steady_clock::now() - silent, 1500ms);
    ASSERT_FALSE(place);
    EXPECT_EQ(place.error().code, ErrorCode::unavailable);
    EXPECT_THAT(notices_.lines(), testing::Contains(testing::HasSubstr("a new client will send")));
    rd_kafka_mock_clear_request_errors(cluster_.get(), produce_request);
    EXPECT_TRUE(eventually([&] { return produce_one().has_value(); }));
}

}  // namespace
}  // namespace quipu::test
