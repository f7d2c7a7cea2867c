// SPDX-License-Identifier: Apache-2.0
// A group's coordinator that moves.
#include "log/kafka/mock.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;

using KafkaCoordinator = KafkaMockTest;

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

}  // namespace
}  // namespace quipu::test
