// SPDX-License-Identifier: Apache-2.0
// Which record may begin: one of a key at a time, in order, and nobody is forgotten.
#include "quipu/delivery/group/lanes.hpp"

#include <gtest/gtest.h>

namespace quipu::delivery_test {
namespace {

RecordPtr record(std::int64_t position) {
    auto made = std::make_shared<Record>();
    made->position = position;
    made->key = "key";
    return made;
}

Parked parked(std::int64_t position) {
    return {"group", position, "key", Time{}, {}, {}};
}

/// Handles what is parked first.
void retry(Lanes& lanes) {
    Lane* const lane = lanes.take_due(Time{});
    ASSERT_NE(lane, nullptr);
    lanes.retried(*lane, true, Time{});
}

TEST(Lanes, RequeuedWhileTheLaneIsBusyBecomesDueAfterwards) {
    Lanes lanes;
    ASSERT_TRUE(lanes.add(record(2)));
    const auto taken = lanes.take(10, true);
    ASSERT_EQ(taken.size(), 1U);
    lanes.add_parked(parked(1));
    EXPECT_EQ(lanes.take_due(Time{}), nullptr) << "its lane is at work";
    lanes.give_back(taken);
    EXPECT_FALSE(lanes.has_ready());
    ASSERT_NO_FATAL_FAILURE(retry(lanes));
    const auto again = lanes.take(10, false);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again.front().record->position, 2);
}

TEST(Lanes, RequeuedRunsBeforeAWaitingRecordOfItsKey) {
    Lanes lanes;
    ASSERT_TRUE(lanes.add(record(2)));
    lanes.add_parked(parked(1));
    EXPECT_TRUE(lanes.take(10, false).empty());
    Lane* const lane = lanes.take_due(Time{});
    ASSERT_NE(lane, nullptr);
    EXPECT_TRUE(lanes.take(10, false).empty());
    lanes.retried(*lane, true, Time{});
    EXPECT_EQ(lanes.take(10, false).size(), 1U);
}

TEST(Lanes, NewRecordDoesNotOvertakeAWaitingOne) {
    Lanes lanes;
    ASSERT_TRUE(lanes.add(record(2)));
    lanes.add_parked(parked(1));
    EXPECT_TRUE(lanes.add(record(3))) << "parked, it would come before the second";
    ASSERT_NO_FATAL_FAILURE(retry(lanes));
    const auto items = lanes.take(10, false);
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items.front().record->position, 2);
}

TEST(Lanes, RecordBehindAParkedOneIsParked) {
    Lanes lanes;
    lanes.add_parked(parked(1));
    EXPECT_FALSE(lanes.add(record(2)));
}

}  // namespace
}  // namespace quipu::delivery_test
