// SPDX-License-Identifier: Apache-2.0
// A broker that has just been restarted may not know a topic that was created shortly before.
#include "log/kafka/mock.hpp"
#include "quipu/log/kafka/producer.hpp"

namespace quipu::test {
namespace {

using testing::HasSubstr;

class KafkaStaleMetadata : public KafkaMockTest {
  protected:
    Properties default_properties() override {
        return {{"topic.metadata.refresh.interval.ms", "50"},
                {"topic.metadata.propagation.max.ms", "500"}};
    }
    /// Produces until the log fails.
    ErrorCode first_failure() {
        ErrorCode code{};
        EXPECT_TRUE(eventually([&] {
            const auto place = produce(log_record("made", "key", "2"));
            if (!place) code = place.error().code;
            return !place;
        }));
        return code;
    }
};

TEST_F(KafkaStaleMetadata, RecordsOfAKnownTopicCountAsLostNotRefused) {
    make_topic("made", 2);
    ASSERT_TRUE(produce(log_record("made", "key", "1")));
    const std::uint64_t epoch = log_->epoch();
    declare("made", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    EXPECT_EQ(first_failure(), ErrorCode::unavailable);
    declare("made", RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_TRUE(eventually([&] { return log_->epoch() > epoch; }));
    EXPECT_TRUE(eventually([&] { return produce(log_record("made", "key", "3")).has_value(); }));
    EXPECT_THAT(notices_.lines(), testing::Not(testing::Contains(HasSubstr("by a new client"))));
}

TEST_F(KafkaStaleMetadata, RecordsOfAListedTopicCountAsLostNotRefused) {
    make_topic("made", 2);
    auto config = kafka::Config::check(options(default_properties()));
    ASSERT_TRUE(config);
    const auto shared = std::make_shared<const kafka::Config>(std::move(*config));
    const auto opened = kafka::Producer::open(
        shared, std::make_shared<kafka::Health>(brokers_, shared->secrets(), notices_.sink()));
    ASSERT_TRUE(opened) << opened.error().message;
    // The brokers that this client asks do not know the topic, although others do.
    declare("made", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    (*opened)->expect({"made"});
    std::promise<Result<LogPlace>> promise;
    (*opened)->produce(log_record("made", "key", "1"),
                       [&](Result<LogPlace> place) { promise.set_value(std::move(place)); });
    const auto place = promise.get_future().get();
    ASSERT_FALSE(place);
    EXPECT_EQ(place.error().code, ErrorCode::unavailable) << place.error().message;
}

TEST_F(KafkaStaleMetadata, TopicThatStaysAbsentIsNotFound) {
    make_topic("made", 2);
    ASSERT_TRUE(produce(log_record("made", "key", "1")));
    declare("made", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    EXPECT_EQ(first_failure(), ErrorCode::unavailable);
    Result<LogPlace> place;
    EXPECT_TRUE(eventually([&] {
        place = produce(log_record("made", "key", "2"));
        return !place && place.error().code == ErrorCode::not_found;
    }));
    EXPECT_THAT(place.error().message, HasSubstr("there is no topic"));
}

}  // namespace
}  // namespace quipu::test
