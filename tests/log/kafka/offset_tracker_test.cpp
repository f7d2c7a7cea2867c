// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/offset_tracker.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

namespace quipu::kafka {

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const LogPartition first{"a", 0};
const LogPartition second{"a", 1};

TEST(PartitionOffsets, CommitsPastTheFinishedPrefix) {
    PartitionOffsets offsets;
    for (const int offset : {5, 6, 7}) {
        EXPECT_TRUE(offsets.give(offset, 0));
    }
    EXPECT_EQ(offsets.finished_up_to(), std::nullopt);
    offsets.finish(6);
    EXPECT_EQ(offsets.finished_up_to(), std::nullopt);
    offsets.finish(5);
    EXPECT_EQ(offsets.finished_up_to(), 7);
    offsets.finish(7);
    EXPECT_EQ(offsets.finished_up_to(), 8);
    EXPECT_EQ(offsets.unfinished(), 0U);
}

TEST(PartitionOffsets, GapsInOffsetsBlockNothing) {
    PartitionOffsets offsets;
    EXPECT_TRUE(offsets.give(2, 0));
    EXPECT_TRUE(offsets.give(40, 0));
    offsets.finish(2);
    EXPECT_EQ(offsets.finished_up_to(), 3);
    offsets.finish(40);
    EXPECT_EQ(offsets.finished_up_to(), 41);
}

TEST(PartitionOffsets, RepeatedAndUnknownOffsetsAreIgnored) {
    PartitionOffsets offsets;
    EXPECT_TRUE(offsets.give(1, 0));
    EXPECT_TRUE(offsets.give(2, 0));
    EXPECT_FALSE(offsets.give(2, 0));
    EXPECT_FALSE(offsets.give(1, 0));
    offsets.finish(3);
    offsets.finish(0);
    EXPECT_EQ(offsets.finished_up_to(), std::nullopt);
    offsets.finish(1);
    offsets.finish(1);
    EXPECT_EQ(offsets.finished_up_to(), 2);
}

/// Any records with any gaps, finished in any order with repetitions, against a plain model.
TEST(PartitionOffsets, AgreesWithAModel) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 300; ++round) {
        PartitionOffsets offsets;
        std::map<std::int64_t, bool> model;  // given, and whether it is finished
        std::int64_t next = static_cast<std::int64_t>(random() % 5);
        for (int step = 0; step < 100; ++step) {
            if (random() % 2 == 0) {
                next += static_cast<std::int64_t>(random() % 3);
                const bool fresh = model.empty() || next > model.rbegin()->first;
                ASSERT_EQ(offsets.give(next, 0), fresh);
                if (fresh) {
                    model[next] = false;
                }
            } else {
                const auto offset =
                    static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(next + 3));
                offsets.finish(offset);
                if (const auto record = model.find(offset); record != model.end()) {
                    record->second = true;
                }
            }
            std::optional<std::int64_t> expected;
            for (const auto& [offset, finished] : model) {
                if (!finished) {
                    break;
                }
                expected = offset + 1;
            }
            ASSERT_EQ(offsets.finished_up_to(), expected);
            ASSERT_EQ(offsets.unfinished(), static_cast<std::size_t>(std::ranges::count_if(
                                                model, [](const auto& r) { return !r.second; })));
        }
    }
}

TEST(OffsetTracker, TakesEachChangeOnce) {
    OffsetTracker tracker;
    tracker.assign({first, second});
    EXPECT_TRUE(tracker.give(first, 0, 0));
    EXPECT_TRUE(tracker.give(second, 9, 0));
    EXPECT_THAT(tracker.take_changes(), IsEmpty());
    tracker.finish(second, 9);
    EXPECT_THAT(tracker.take_changes(), ElementsAre(Checkpoint{{second, 10}, 0}));
    EXPECT_THAT(tracker.take_changes(), IsEmpty());
    tracker.finish(first, 0);
    EXPECT_THAT(tracker.take_changes(), ElementsAre(Checkpoint{{first, 1}, 0}));
}

TEST(OffsetTracker, AFailedCommitIsTakenAgain) {
    OffsetTracker tracker;
    tracker.assign({first});
    EXPECT_TRUE(tracker.give(first, 0, 0));
    tracker.finish(first, 0);
    EXPECT_THAT(tracker.take_changes(), ElementsAre(Checkpoint{{first, 1}, 0}));
    EXPECT_THAT(tracker.unconfirmed({first}), ElementsAre(Checkpoint{{first, 1}, 0}));
    tracker.commit_failed(first);
    EXPECT_THAT(tracker.take_changes(), ElementsAre(Checkpoint{{first, 1}, 0}));
    tracker.confirm({first, 1});
    EXPECT_THAT(tracker.unconfirmed({first}), IsEmpty());
}

TEST(OffsetTracker, CheckpointHasTheDigestOfTheRecordBeforeIt) {
    OffsetTracker tracker;
    tracker.assign({first});
    EXPECT_EQ(tracker.last_given(first), std::nullopt);
    for (const std::uint32_t offset : {3U, 4U, 7U}) {
        EXPECT_TRUE(tracker.give(first, offset, 100 + offset));
    }
    EXPECT_EQ(tracker.last_given(first), (Checkpoint{{first, 8}, 107}));
    tracker.finish(first, 4);
    EXPECT_THAT(tracker.take_changes(), IsEmpty());
    tracker.finish(first, 3);
    EXPECT_THAT(tracker.take_changes(), ElementsAre(Checkpoint{{first, 5}, 104}));
    EXPECT_FALSE(tracker.give(first, 7, 1));
    tracker.finish(first, 7);
    EXPECT_THAT(tracker.unconfirmed({first}), ElementsAre(Checkpoint{{first, 8}, 107}));
    tracker.assign({first});
    EXPECT_EQ(tracker.last_given(first), std::nullopt);
}

TEST(OffsetTracker, AssignmentStartsOver) {
    OffsetTracker tracker;
    tracker.assign({first});
    EXPECT_TRUE(tracker.give(first, 4, 0));
    tracker.revoke({first});
    tracker.finish(first, 4);
    EXPECT_FALSE(tracker.give(first, 5, 0));
    EXPECT_THAT(tracker.take_changes(), IsEmpty());
    tracker.assign({first});
    EXPECT_TRUE(tracker.give(first, 4, 0));
    EXPECT_THAT(tracker.take_changes(), IsEmpty());
}

TEST(OffsetTracker, RemembersTheGroupsEarlierPosition) {
    OffsetTracker tracker;
    tracker.assign({first});
    EXPECT_EQ(tracker.committed(first), std::nullopt);
    tracker.set_committed({first, 3});
    EXPECT_EQ(tracker.committed(first), 3);
    EXPECT_TRUE(tracker.give(first, 3, 0));
    tracker.finish(first, 3);
    EXPECT_EQ(tracker.committed(first), 4);
    EXPECT_EQ(tracker.committed(second), std::nullopt);
}

}  // namespace
}  // namespace quipu::kafka
