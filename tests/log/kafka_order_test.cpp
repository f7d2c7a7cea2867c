// Order of a key while a leader moves: a broker that knows nothing of a producer in a partition
// takes any of its sequence numbers, as the mock brokers always do.
#include "log/kafka_mock.hpp"

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

TEST_F(KafkaOrder, ARefusedFirstRecordIsNotOvertaken) {
    make_topic("made", 3);
    connect();
    refuse_next(produce_request, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
    produce_all("made", {"1", "2", "3", "4", "5"});
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, 5)), ElementsAre("1", "2", "3", "4", "5"));
}

TEST_F(KafkaOrder, NorAfterALoss) {
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
TEST_F(KafkaOrder, AnAcknowledgementHasAPlace) {
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

}  // namespace
}  // namespace quipu::test
