// SPDX-License-Identifier: Apache-2.0
// A group's coordinator that moves, or rejects commits for a while.
#include <algorithm>

#include "log/kafka/mock.hpp"

namespace quipu::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class KafkaCoordinator : public KafkaMockTest {
  protected:
    /// The mock coordinator waits for members that have left until their session ends, and three
    /// seconds for the first members.
    static Properties with_short_session(Properties properties) {
        properties.emplace_back("session.timeout.ms", "6000");
        properties.emplace_back("heartbeat.interval.ms", "500");
        return properties;
    }
};

TEST_F(KafkaCoordinator, GroupRecoversWhenItsCoordinatorHasMoved) {
    // With a prefix that is set, there are no former offsets to ask for.
    auto chosen = options({});
    chosen.group_prefix = prefix_;
    auto log = open_kafka_log(std::move(chosen));
    ASSERT_TRUE(log) << log.error().message;
    log_ = std::move(*log);
    make_topic("made", 1);
    ASSERT_TRUE(produce(log_record("made", "key", "1")));
    refuse_next(offset_fetch, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, 1)), ElementsAre("1"));
}

TEST_F(KafkaCoordinator, GroupRetriesTheLookUpOfItsFormerOffsets) {
    make_topic("made", 1);
    ASSERT_TRUE(produce(log_record("made", "key", "1")));
    // One for each question of the start: its own offsets, and those of its bare name.
    refuse_next(offset_fetch, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
    refuse_next(offset_fetch, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, 1)), ElementsAre("1"));
}

TEST_F(KafkaCoordinator, LateRetryOfACommitDoesNotOverwriteTheLastOne) {
    // Before librdkafka retries a commit, there is time for a second one to overtake it.
    log_ = open(with_short_session({{"retry.backoff.ms", "1500"}, {"debug", "protocol"}}));
    ASSERT_TRUE(log_);
    make_topic("made", 1);
    produce_numbers("made", 1, 3);
    const auto first = consume(group({"made"}));
    const auto records = read(*first, 3, false);
    ASSERT_EQ(records.size(), 3U);
    refuse_next(offset_commit, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    finish(*first, records[0]);
    ASSERT_TRUE(eventually([&] {
        static_cast<void>(first->poll(10ms, 1));
        const auto lines = notices_.lines();
        return std::ranges::any_of(lines, [](const std::string& line) {
            return line.contains("Retrying OffsetCommitRequest");
        });
    }));
    finish(*first, records[1]);
    first->close();
    const auto second = consume(group({"made"}));
    EXPECT_THAT(values(read(*second, 1)), ElementsAre("3"));
}

TEST_F(KafkaCoordinator, LastCommitIsRetriedUntilItSucceeds) {
    log_ = open(with_short_session({{"retry.backoff.ms", "10"}}));
    ASSERT_TRUE(log_);
    make_topic("made", 1);
    produce_numbers("made", 1, 3);
    const auto first = consume(group({"made"}));
    const auto records = read(*first, 3, false);
    ASSERT_EQ(records.size(), 3U);
    // More often than librdkafka retries a request.
    for (int time = 0; time < 8; ++time) {
        refuse_next(offset_commit, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
    }
    finish(*first, records[0]);
    finish(*first, records[1]);
    first->close();
    EXPECT_THAT(notices_.lines(), Contains(HasSubstr("offsets not committed")));
    const auto second = consume(group({"made"}));
    EXPECT_THAT(values(read(*second, 1)), ElementsAre("3"));
}

}  // namespace
}  // namespace quipu::test
