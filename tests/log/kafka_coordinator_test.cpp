// A group's coordinator that moves, played by librdkafka's own cluster of mock brokers.
// clang-format off: the second needs the first
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// clang-format on

#include <array>

#include "log/kafka_live.hpp"

namespace quipu::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int16_t offset_fetch = 9;  // of Kafka's protocol

class KafkaCoordinator : public KafkaLiveTest {
  protected:
    KafkaCoordinator() : KafkaLiveTest("no variable") {
        std::array<char, 512> problem{};
        host_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, problem.data(), problem.size()));
        EXPECT_NE(host_, nullptr) << problem.data();
        cluster_.reset(rd_kafka_mock_cluster_new(host_.get(), 1));
        brokers_ = rd_kafka_mock_cluster_bootstraps(cluster_.get());
    }
    void TearDown() override {
        log_.reset();
        KafkaLiveTest::TearDown();
    }

    std::unique_ptr<rd_kafka_t, decltype(&rd_kafka_destroy)> host_{nullptr, rd_kafka_destroy};
    std::unique_ptr<rd_kafka_mock_cluster_t, decltype(&rd_kafka_mock_cluster_destroy)> cluster_{
        nullptr, rd_kafka_mock_cluster_destroy};
};

TEST_F(KafkaCoordinator, AGroupGoesOnThatWasSentAwayWithItsFirstQuestion) {
    rd_kafka_mock_topic_create(cluster_.get(), (prefix_ + "made").c_str(), 1, 1);
    ASSERT_TRUE(produce(log_record("made", "key", "1")));
    rd_kafka_mock_push_request_errors(cluster_.get(), offset_fetch, 1,
                                      RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, 1)), ElementsAre("1"));
    EXPECT_THAT(notices_.lines(), Contains(HasSubstr("Failed to fetch committed offsets")));
}

}  // namespace
}  // namespace quipu::test
