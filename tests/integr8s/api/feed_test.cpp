// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>

#include "integr8s/api/execution_feed.hpp"
#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

using api::ExecutionFeed;

class ApiFeed : public ::testing::Test {
  protected:
    void publish(const std::string& id) { system_.publish(System::raw_request(id, "print")); }
    [[nodiscard]] auto subscribe(ExecutionFeed& feed, const std::string& id) {
        return feed.subscribe(id, [this] { ++wakes_; });
    }

    TempDirectory directory_;
    System system_{directory_.file()};
    std::atomic<int> wakes_ = 0;
};

TEST_F(ApiFeed, DeliversEventsOfTheExecutionOnly) {
    ExecutionFeed feed(system_.store(), Events::types());
    feed.start();
    const auto mine = subscribe(feed, "a");
    publish("b");
    publish("a");
    publish("b");
    publish("a");
    ASSERT_TRUE(system_.wait([&] { return wakes_ == 2; }));
    const auto taken = mine->take(10);
    ASSERT_EQ(taken.records.size(), 2U);
    EXPECT_EQ(taken.records[0]->position, 2);
    EXPECT_EQ(taken.records[1]->position, 4);
    EXPECT_FALSE(taken.more);
    EXPECT_FALSE(taken.dropped);
}

TEST_F(ApiFeed, FindsTheExecutionInTheBodyIfTheAggregateDiffers) {
    ExecutionFeed feed(system_.store(), Events::types());
    feed.start();
    const auto mine = subscribe(feed, "a");
    const auto done = system_.publisher().publish(
        ExecutionCancelled{.execution_id = "a", .cancelled_by = "ada"}, {.aggregate_id = "other"});
    ASSERT_TRUE(done);
    ASSERT_TRUE(system_.wait([&] { return wakes_ == 1; }));
    EXPECT_EQ(mine->take(10).records.size(), 1U);
}

TEST_F(ApiFeed, TakeReturnsAtMostTheLimit) {
    ExecutionFeed feed(system_.store(), Events::types());
    feed.start();
    const auto mine = subscribe(feed, "a");
    for (int i = 0; i < 3; ++i) publish("a");
    ASSERT_TRUE(system_.wait([&] { return wakes_ == 3; }));
    EXPECT_TRUE(mine->take(2).more);
    const auto rest = mine->take(2);
    EXPECT_EQ(rest.records.size(), 1U);
    EXPECT_FALSE(rest.more);
}

TEST_F(ApiFeed, DropsTheQueueOfASlowSubscriber) {
    ExecutionFeed feed(system_.store(), Events::types(), 2);
    feed.start();
    const auto mine = subscribe(feed, "a");
    for (int i = 0; i < 4; ++i) publish("a");
    ASSERT_TRUE(system_.wait([&] { return wakes_ == 4; }));
    const auto taken = mine->take(10);
    EXPECT_TRUE(taken.dropped);
    EXPECT_LE(taken.records.size(), 1U);
    EXPECT_FALSE(mine->take(10).dropped);
}

TEST_F(ApiFeed, DestroyedSubscriptionGetsNothing) {
    ExecutionFeed feed(system_.store(), Events::types());
    feed.start();
    auto mine = subscribe(feed, "a");
    const auto other = subscribe(feed, "a");
    EXPECT_EQ(feed.subscribers(), 2U);
    mine.reset();
    EXPECT_EQ(feed.subscribers(), 1U);
}

TEST_F(ApiFeed, DeliversAfterATimeWithoutSubscribers) {
    ExecutionFeed feed(system_.store(), Events::types());
    feed.start();
    publish("a");
    const auto mine = subscribe(feed, "a");
    publish("a");
    // The first may come, too: it is in the store, and a reader passes over what it has had.
    EXPECT_TRUE(system_.wait([&] {
        const auto taken = mine->take(10);
        return !taken.records.empty() && taken.records.back()->position == 2;
    }));
}

TEST_F(ApiFeed, StopsWhileNoEventArrives) {
    ExecutionFeed feed(system_.store(), Events::types());
    feed.start();
    feed.stop();
    feed.stop();
}

}  // namespace
}  // namespace integr8s::testing
