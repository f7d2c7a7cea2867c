// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/topics.hpp"

#include <gmock/gmock.h>

namespace quipu::test {
namespace {

using namespace std::chrono_literals;
using Kind = TopicChange::Kind;

std::vector<Kind> plan(const TopicSpec& wanted, const std::vector<TopicState>& existing) {
    std::vector<Kind> kinds;
    for (const auto& change : plan_topics({wanted}, existing)) {
        kinds.push_back(change.kind);
    }
    return kinds;
}

const TopicSpec wanted{"a", 3, 24h, 1};

TEST(Topics, MissingTopicIsCreated) {
    const auto changes = plan_topics({wanted, {"b", 1, 1h, 1}}, {{"b", 1, 1, 1h}});
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_EQ(changes[0].kind, Kind::create);
    EXPECT_EQ(changes[0].spec.event_type, "a");
    EXPECT_FALSE(changes[0].state);
}

TEST(Topics, MatchingTopicNeedsNoChange) {
    EXPECT_THAT(plan(wanted, {{"a", 3, 1, 24h}}), testing::IsEmpty());
    EXPECT_THAT(plan_topics({}, {{"a", 3, 1, 24h}}), testing::IsEmpty());
}

TEST(Topics, PartitionsAreOnlyAdded) {
    EXPECT_THAT(plan(wanted, {{"a", 2, 1, 24h}}), testing::ElementsAre(Kind::add_partitions));
    EXPECT_THAT(plan(wanted, {{"a", 4, 1, 24h}}), testing::ElementsAre(Kind::differs));
}

TEST(Topics, RetentionIsSetAndReplicationReported) {
    EXPECT_THAT(plan(wanted, {{"a", 3, 1, 25h}}), testing::ElementsAre(Kind::set_retention));
    EXPECT_THAT(plan(wanted, {{"a", 3, 1, std::nullopt}}),
                testing::ElementsAre(Kind::set_retention));
    EXPECT_THAT(plan(wanted, {{"a", 3, 3, 24h}}), testing::ElementsAre(Kind::differs));
    EXPECT_THAT(plan(wanted, {{"a", 1, 3, 1h}}),
                testing::ElementsAre(Kind::add_partitions, Kind::set_retention, Kind::differs));
}

TEST(Topics, ChangesHaveNames) {
    EXPECT_STREQ(to_string(Kind::create), "create");
    EXPECT_STREQ(to_string(Kind::add_partitions), "add_partitions");
    EXPECT_STREQ(to_string(Kind::set_retention), "set_retention");
    EXPECT_STREQ(to_string(Kind::differs), "differs");
}

}  // namespace
}  // namespace quipu::test
