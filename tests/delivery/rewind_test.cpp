// SPDX-License-Identifier: Apache-2.0
// A group that subscribes to a type of which events are stored already.
#include "quipu/delivery/rewind.hpp"

#include "delivery/fixture.hpp"

namespace quipu::delivery_test {
namespace {

struct Young {
    static constexpr std::string_view group = "growing";
    void on(const Event<Ordered>&) {}
};

/// The same group, one version later.
struct Grown {
    static constexpr std::string_view group = "growing";
    std::mutex mutex;
    std::vector<std::int64_t> shipped;

    void on(const Event<Ordered>&) {}
    void on(const Event<Slow>& event) {
        const std::lock_guard lock(mutex);
        shipped.push_back(event->number);
    }
    std::vector<std::int64_t> seen() {
        const std::lock_guard lock(mutex);
        return shipped;
    }
};

class Rewind : public DeliveryTest {
  protected:
    /// Events 1 to 3 of the later type, which the group has passed.
    void SetUp() override {
        DeliveryTest::SetUp();
        Young young;
        auto runtime = run(young);
        for (int number = 1; number <= 3; ++number) slow(number);
        order("ada", 1);
        ASSERT_TRUE(runtime->drain(60s));
    }
    void slow(int number) {
        ASSERT_TRUE(publisher().publish(Slow{.number = number}, {.key = "k"}));
    }
    std::vector<std::string> texts(std::string_view part) {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> found;
        for (const DeliveryNotice& notice : notices_) {
            if (notice.text.find(part) != std::string::npos) found.push_back(notice.text);
        }
        return found;
    }
};

TEST_F(Rewind, SubscriptionsAreToldAtTheStart) {
    Grown grown;
    auto runtime = run(grown);
    EXPECT_THAT(texts("subscribes to"), testing::Contains("subscribes to ordered, slow"));
}

TEST_F(Rewind, NewlySubscribedTypeIsReportedOnceWithTheEventsThatWerePassed) {
    {
        Grown grown;
        auto runtime = run(grown);
        ASSERT_TRUE(runtime->drain(60s));
        EXPECT_THAT(grown.seen(), testing::IsEmpty());
    }
    EXPECT_THAT(texts("newly subscribes"),
                testing::ElementsAre(
                    testing::HasSubstr("to slow and has passed 3 stored events of it; 'groups "
                                       "rewind growing --type slow'")));
    Grown again;
    auto runtime = run(again);
    EXPECT_EQ(texts("newly subscribes").size(), 1U);
}

TEST_F(Rewind, HandsPassedEventsToTheGroupInOrder) {
    ASSERT_EQ(rewind_group(*store_, "growing", "slow", {.now = now()}).value(), 3);
    slow(4);
    Grown grown;
    auto runtime = run(grown);
    EXPECT_TRUE(eventually([&] { return grown.seen().size() == 4; }));
    EXPECT_THAT(grown.seen(), testing::ElementsAre(1, 2, 3, 4));
    EXPECT_TRUE(eventually([&] { return store_->parked("growing")->empty(); }));
    EXPECT_THAT(letters(), testing::IsEmpty());
}

TEST_F(Rewind, RunningGroupIsToldWhatWasParkedForIt) {
    Grown grown;
    auto runtime = run(grown);
    ASSERT_TRUE(runtime->drain(60s));
    RewindOptions options{.now = now()};
    options.parked = [&](const std::vector<Parked>& entries) { runtime->rewound(entries); };
    ASSERT_EQ(rewind_group(*store_, "growing", "slow", options).value(), 3);
    ASSERT_TRUE(eventually([&] { return grown.seen().size() == 3; }));
    EXPECT_THAT(grown.seen(), testing::ElementsAre(1, 2, 3));
}

TEST_F(Rewind, DryRunCountsAndParksNothing) {
    EXPECT_EQ(rewind_group(*store_, "growing", "slow", {.dry_run = true}).value(), 3);
    EXPECT_THAT(*store_->parked("growing"), testing::IsEmpty());
}

TEST_F(Rewind, WhatIsParkedOrNotFinishedIsLeftAsItIs) {
    ASSERT_EQ(rewind_group(*store_, "growing", "slow", {.now = now()}).value(), 3);
    slow(4);  // not finished: the group will be given it
    EXPECT_EQ(rewind_group(*store_, "growing", "slow", {.now = now()}).value(), 0);
    EXPECT_EQ(store_->parked("growing")->size(), 3U);
}

TEST_F(Rewind, UnknownGroupIsNotFound) {
    EXPECT_EQ(rewind_group(*store_, "nobody", "slow", {}).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace quipu::delivery_test
