// SPDX-License-Identifier: Apache-2.0
// A group's coordinator that moves.
#include "log/kafka/mock.hpp"

namespace quipu::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

using KafkaCoordinator = KafkaMockTest;

TEST_F(KafkaCoordinator, GroupRecoversWhenItsCoordinatorHasMoved) {
    make_topic("made", 1);
    ASSERT_TRUE(produce(log_record("made", "key", "1")));
    refuse_next(offset_fetch, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
    const auto consumer = consume(group({"made"}));
    EXPECT_THAT(values(read(*consumer, 1)), ElementsAre("1"));
    EXPECT_THAT(notices_.lines(), Contains(HasSubstr("Failed to fetch committed offsets")));
}

}  // namespace
}  // namespace quipu::test
