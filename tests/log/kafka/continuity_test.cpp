// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/continuity.hpp"

#include <gtest/gtest.h>

#include "quipu/log/kafka/checkpoint.hpp"

namespace quipu::kafka {
namespace {

using Answer = Continuity::Answer;

class ContinuityTest : public testing::Test {
  protected:
    Answer record(std::int64_t offset, std::uint32_t digest) {
        const auto answer = continuity_.receive(partition_, offset, digest, given_);
        if (answer == Answer::continues) {
            static_cast<void>(given_.give(partition_, offset, digest));
        }
        return answer;
    }
    Answer end(std::int64_t offset) {
        return continuity_.receive(partition_, offset, std::nullopt, given_);
    }
    void SetUp() override { given_.assign({partition_}); }
    void start_after(std::int64_t next, std::uint32_t digest) {
        continuity_.expect({{partition_, next}, digest});
    }

    const LogPartition partition_{"a", 0};
    OffsetTracker given_;
    Continuity continuity_;
};

TEST_F(ContinuityTest, SameRecordContinues) {
    start_after(5, 44);
    EXPECT_EQ(record(4, 44), Answer::repeats);
    EXPECT_EQ(end(5), Answer::continues);
    EXPECT_EQ(record(5, 55), Answer::continues);
    EXPECT_EQ(record(9, 99), Answer::continues) << "offsets have gaps";
    EXPECT_EQ(end(10), Answer::continues);
}

TEST_F(ContinuityTest, AnotherRecordRestartsOnce) {
    start_after(5, 44);
    EXPECT_EQ(record(4, 45), Answer::restarts);
    EXPECT_EQ(record(5, 55), Answer::repeats) << "it is read from the beginning first";
    continuity_.clear();
    given_.assign({partition_});
    EXPECT_EQ(record(0, 1), Answer::continues);
}

TEST_F(ContinuityTest, ShorterPartitionRestarts) {
    start_after(5, 44);
    EXPECT_EQ(record(0, 44), Answer::restarts);
    continuity_.clear();
    start_after(5, 44);
    EXPECT_EQ(end(4), Answer::restarts);
    continuity_.clear();
    start_after(5, 44);
    EXPECT_EQ(end(0), Answer::restarts);
}

TEST_F(ContinuityTest, RecordThatRetentionRemovedIsNotMissed) {
    start_after(5, 44);
    EXPECT_EQ(record(7, 77), Answer::continues);
    EXPECT_EQ(record(8, 88), Answer::continues);
    continuity_.clear();
    start_after(9, 88);
    EXPECT_EQ(end(12), Answer::continues);
}

TEST_F(ContinuityTest, RecordsFetchedTwiceAreRepetitions) {
    for (std::uint32_t offset = 0; offset < 5; ++offset) {
        EXPECT_EQ(record(offset, offset), Answer::continues);
    }
    for (std::uint32_t offset = 2; offset < 5; ++offset) {
        EXPECT_EQ(record(offset, offset), Answer::repeats);
    }
    EXPECT_EQ(record(5, 5), Answer::continues);
}

TEST_F(ContinuityTest, PartitionThatStartsOverWhileItIsReadRestarts) {
    for (std::uint32_t offset = 0; offset < 5; ++offset) {
        EXPECT_EQ(record(offset, offset), Answer::continues);
    }
    EXPECT_EQ(record(0, 100), Answer::repeats) << "perhaps fetched a second time";
    EXPECT_EQ(end(1), Answer::restarts);
    continuity_.clear();
    for (std::uint32_t offset = 0; offset < 3; ++offset) {
        EXPECT_NE(record(offset, offset), Answer::restarts);
    }
    EXPECT_EQ(record(0, 100), Answer::repeats);
    EXPECT_EQ(record(4, 104), Answer::restarts);
}

TEST_F(ContinuityTest, PartitionThatWasMissingIsComparedFirst) {
    EXPECT_EQ(record(0, 0), Answer::continues);
    EXPECT_EQ(record(1, 1), Answer::continues);
    continuity_.suspect(partition_);
    EXPECT_EQ(record(2, 102), Answer::unknown);
    EXPECT_EQ(record(3, 103), Answer::repeats) << "nothing is returned before it is compared";
    continuity_.clear();
    continuity_.expect(*given_.last_given(partition_));
    EXPECT_EQ(record(1, 101), Answer::restarts);
}

TEST_F(ContinuityTest, PartitionThatWasOnlyOutOfReachContinues) {
    EXPECT_EQ(record(0, 0), Answer::continues);
    continuity_.suspect(partition_);
    EXPECT_EQ(end(1), Answer::unknown);
    continuity_.clear();
    continuity_.expect(*given_.last_given(partition_));
    EXPECT_EQ(record(0, 0), Answer::repeats);
    EXPECT_EQ(record(1, 1), Answer::continues);
}

TEST(CheckpointMetadata, ComesBackAndNothingElseDoes) {
    EXPECT_EQ(digest_in(metadata_of(0)), 0U);
    EXPECT_EQ(digest_in(metadata_of(4'294'967'295U)), 4'294'967'295U);
    for (const char* other : {"", "quipu-1:", "quipu-1:x", "quipu-1:1 ", "quipu-2:1", "1",
                              "quipu-1:4294967296", "quipu-1:-1"}) {
        EXPECT_EQ(digest_in(std::string_view(other)), std::nullopt) << other;
    }
}

}  // namespace
}  // namespace quipu::kafka
