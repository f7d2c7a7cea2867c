// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/topic_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace quipu {

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
};
struct OrderShipped {
    static constexpr std::string_view event_type = "order_shipped";
};
struct ShortPolicy {
    static constexpr std::string_view name = "short";
    static constexpr RetryPolicy retry{};
    static constexpr TopicPolicy topic{.partitions = 5, .retention = std::chrono::hours{36}};
};

namespace {

using Events = Catalogue<OrderPlaced, Category<ShortPolicy, OrderShipped>>;
using namespace std::chrono_literals;
using testing::HasSubstr;

/// A log with topics and nothing else.
class Topics final : public TopicLog {
  public:
    Result<std::vector<TopicState>> there = std::vector<TopicState>{};
    std::vector<std::string> asked;
    int looks = 0;
    int late = 0;  ///< all topics are there from this look on

    void produce(LogRecord /*record*/, Done done, std::optional<std::uint64_t> /*epoch*/) override {
        done(LogPlace{});
    }
    bool flush(std::chrono::milliseconds /*timeout*/) override { return true; }
    void purge() override {}
    std::uint64_t epoch() override { return 0; }
    Result<std::unique_ptr<LogConsumer>> consume(LogConsumerOptions /*options*/) override {
        return fail(ErrorCode::unavailable, "nobody reads here");
    }
    Result<std::vector<TopicState>> topics(const std::vector<std::string>& event_types) override {
        asked = event_types;
        if (++looks == late) {
            there =
                std::vector<TopicState>{{"order_placed", 3, 1, 168h}, {"order_shipped", 5, 1, 36h}};
        }
        return there;
    }
    Result<std::vector<TopicResult>> apply(const std::vector<TopicChange>& /*changes*/) override {
        return std::vector<TopicResult>{};
    }
    LogHealth health() override { return {}; }
};

TEST(TopicPlan, FollowsTheCataloguesPolicies) {
    const auto wanted = wanted_topics(Events::types(), 3);
    ASSERT_EQ(wanted.size(), 2U);
    EXPECT_EQ(wanted[0].event_type, "order_placed");
    EXPECT_EQ(wanted[1].partitions, 5);
    EXPECT_EQ(wanted[1].retention, 36h);
    EXPECT_EQ(wanted[1].replication, 3);
}

TEST(TopicPlan, NamesMissingTopics) {
    Topics log;
    const auto changes = topic_changes(log, Events::types(), 1);
    ASSERT_TRUE(changes.has_value());
    EXPECT_THAT(log.asked, testing::ElementsAre("order_placed", "order_shipped"));
    EXPECT_EQ(missing_topics(*changes), "order_placed, order_shipped");
    EXPECT_EQ(describe(changes->front()), "create with 3 partitions, 1 replica, kept 7 d");
}

TEST(TopicPlan, ReturnsTheLogsError) {
    Topics log;
    log.there = fail(ErrorCode::unavailable, "no broker");
    EXPECT_EQ(topic_changes(log, Events::types(), 1).error().message, "no broker");
}

TEST(TopicPlan, RetriesWhileABrokerDoesNotListATopic) {
    Topics log;
    log.late = 2;
    EXPECT_TRUE(settled_topic_changes(log, Events::types(), 1, 30s).value().empty());
    EXPECT_EQ(log.looks, 2);

    Topics without;
    EXPECT_EQ(settled_topic_changes(without, Events::types(), 1, 0ms).value().size(), 2U);
    EXPECT_EQ(without.looks, 1);
    EXPECT_EQ(settled_topic_changes(without, Events::types(), 1, 10ms).value().size(), 2U);
}

TEST(TopicPlan, DescribesChanges) {
    TopicChange change{
        .spec = {.event_type = "t", .partitions = 6, .retention = 36h},
        .state = TopicState{.event_type = "t", .partitions = 3, .replication = 2, .retention = {}}};
    change.kind = TopicChange::Kind::add_partitions;
    EXPECT_THAT(describe(change), HasSubstr("3 -> 6"));
    change.kind = TopicChange::Kind::set_retention;
    EXPECT_EQ(describe(change), "set retention: for ever -> 36 h");
    change.kind = TopicChange::Kind::differs;
    change.spec.partitions = 1;
    EXPECT_THAT(describe(change), testing::AllOf(HasSubstr("has 3 partitions instead of 1"),
                                                 HasSubstr("has 2 replicas instead of 1")));
}

TEST(TopicPlan, FormatsDurations) {
    EXPECT_EQ(describe(std::chrono::milliseconds{48h}), "2 d");
    EXPECT_EQ(describe(std::chrono::milliseconds{90s}), "90 s");
    EXPECT_EQ(describe(1500ms), "1500 ms");
    EXPECT_EQ(describe(-1ms), "for ever");
}

}  // namespace
}  // namespace quipu
