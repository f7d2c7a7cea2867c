// SPDX-License-Identifier: Apache-2.0
// Brokers that begin, or have much to do, answer late; a topic is there only when they say so.
#include "quipu/log/kafka/patience.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quipu::kafka {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Error not_ready{ErrorCode::unavailable, "all brokers are fenced"};
const Error refused{ErrorCode::invalid, "no such setting"};
const Error exists{ErrorCode::conflict, "the topic exists"};

/// Answers of a cluster, in turn; the last for ever.
class Cluster {
  public:
    explicit Cluster(std::vector<Result<TopicErrors>> answers) : answers_(std::move(answers)) {}

    Result<TopicErrors> create(Names topics, std::chrono::milliseconds within = 30s) {
        return create_when_ready(
            std::move(topics),
            [this](const Names& names) {
                asked.push_back(names);
                return answers_[std::min(asked.size(), answers_.size()) - 1];
            },
            within);
    }
    std::vector<Names> asked;

  private:
    std::vector<Result<TopicErrors>> answers_;
};

TEST(KafkaPatience, OnlyUnreadyTopicsAreRetried) {
    Cluster cluster({TopicErrors{{"b", not_ready}, {"c", refused}}, TopicErrors{}});
    const auto errors = cluster.create({"a", "b", "c"});
    ASSERT_TRUE(errors);
    ASSERT_THAT(*errors, SizeIs(1));
    EXPECT_EQ(errors->at("c").message, refused.message);
    EXPECT_THAT(cluster.asked, ElementsAre(Names{"a", "b", "c"}, Names{"b"}));
}

TEST(KafkaPatience, LateAnswerIsNotAConflict) {
    Cluster cluster({TopicErrors{{"a", not_ready}}, TopicErrors{{"a", exists}}});
    EXPECT_THAT(cluster.create({"a"}).value(), IsEmpty());
    Cluster first({TopicErrors{{"a", exists}}});
    EXPECT_THAT(first.create({"a"}).value(), SizeIs(1)) << "somebody else made it";
}

TEST(KafkaPatience, TimeoutReportsTheLastError) {
    const Error other{ErrorCode::unavailable, "no controller"};
    Cluster cluster({TopicErrors{{"a", not_ready}}, TopicErrors{{"a", other}}});
    const auto errors = cluster.create({"a"}, 1s);
    ASSERT_TRUE(errors);
    EXPECT_EQ(errors->at("a").message, other.message);
    EXPECT_GE(cluster.asked.size(), 2U);
}

TEST(KafkaPatience, FailedRetryKeepsTheFirstAnswer) {
    Cluster cluster({TopicErrors{{"b", not_ready}}, fail(ErrorCode::invalid, "the login is over")});
    const auto errors = cluster.create({"a", "b"});
    ASSERT_TRUE(errors);
    ASSERT_THAT(*errors, SizeIs(1));
    EXPECT_EQ(errors->at("b").message, "the login is over");

    Cluster away({fail(ErrorCode::unavailable, "no route")});
    EXPECT_FALSE(away.create({"a"}));
    EXPECT_THAT(away.asked, SizeIs(1));
}

TEST(KafkaPatience, UnlistedTopicsAreReturned) {
    int looks = 0;
    const auto one_a_look = [&](Names& names) {
        if (++looks > 1 && !names.empty()) names.pop_back();
    };
    EXPECT_THAT(wait_until_listed({"a", "b", "c"}, one_a_look, 30s), IsEmpty());
    EXPECT_EQ(looks, 4);
    EXPECT_THAT(wait_until_listed({"a", "b"}, [](Names&) {}, 60ms), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace quipu::kafka
