#include "quipu/app/readiness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quipu {
namespace {

using std::chrono_literals::operator""ms;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ReadinessFacts sound() {
    ReadinessFacts facts;
    facts.started = true;
    facts.stuck_after = 1000ms;
    return facts;
}

GroupStatus group(std::int64_t lag, std::size_t in_flight, std::chrono::milliseconds still) {
    GroupStatus status;
    status.group = "payments";
    status.lag = lag;
    status.in_flight = in_flight;
    status.since_progress = still;
    return status;
}

TEST(Readiness, YesWhenAllIsWell) {
    const Readiness readiness = assess(sound());
    EXPECT_TRUE(readiness.ready);
    EXPECT_THAT(readiness.because, IsEmpty());
}

TEST(Readiness, NotBeforeTheStartNorWhileStopping) {
    ReadinessFacts facts = sound();
    facts.started = false;
    EXPECT_FALSE(assess(facts).ready);
    facts = sound();
    facts.stopping = true;
    EXPECT_THAT(assess(facts).because, ElementsAre("the program is stopping"));
}

TEST(Readiness, NotWithoutAWritableStore) {
    ReadinessFacts facts = sound();
    facts.store->writable = false;
    facts.store->problem = "the disk is full";
    EXPECT_THAT(assess(facts).because, ElementsAre(HasSubstr("the disk is full")));
    facts.store = fail(ErrorCode::unavailable, "no answer");
    EXPECT_THAT(assess(facts).because, ElementsAre(HasSubstr("no answer")));
}

TEST(Readiness, AGroupIsStuckOnlyWithWorkAndWithoutProgress) {
    ReadinessFacts facts = sound();
    facts.groups = {group(0, 0, 3'600'000ms)};
    EXPECT_TRUE(assess(facts).ready) << "idle";
    facts.groups = {group(5, 1, 1000ms)};
    EXPECT_TRUE(assess(facts).ready) << "within the bound";
    facts.groups = {group(5, 1, 1001ms)};
    facts.groups.front().problem = "the store is slow";
    EXPECT_THAT(assess(facts).because,
                ElementsAre(testing::AllOf(HasSubstr("group payments is stuck"),
                                           HasSubstr("the store is slow"))));
    facts.groups = {group(0, 1, 1001ms)};
    EXPECT_FALSE(assess(facts).ready) << "a handler that does not end";
}

TEST(Readiness, ServicesSayWhatIsWrong) {
    ReadinessFacts facts = sound();
    facts.service_problems = {"no pods", "no disk"};
    EXPECT_THAT(assess(facts).because, ElementsAre("no pods", "no disk"));
}

}  // namespace
}  // namespace quipu
