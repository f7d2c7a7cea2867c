// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/readiness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quipu/app/runtime/relay_watch.hpp"

namespace quipu {
namespace {

using namespace std::chrono_literals;
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

TEST(Readiness, ReadyWhenAllIsWell) {
    const Readiness readiness = assess(sound());
    EXPECT_TRUE(readiness.ready);
    EXPECT_THAT(readiness.because, IsEmpty());
}

TEST(Readiness, NotReadyBeforeTheStartOrWhileStopping) {
    ReadinessFacts facts = sound();
    facts.started = false;
    EXPECT_FALSE(assess(facts).ready);
    facts = sound();
    facts.stopping = true;
    EXPECT_THAT(assess(facts).because, ElementsAre("the program is stopping"));
}

TEST(Readiness, NotReadyWithoutAWritableStore) {
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

TEST(Readiness, GroupThatCannotReadItsSourceIsStuckWithoutAnyLag) {
    ReadinessFacts facts = sound();
    facts.groups = {group(0, 0, 1001ms)};
    facts.groups.front().source_failing = true;
    facts.groups.front().problem = "the store refuses the record";
    EXPECT_THAT(assess(facts).because, ElementsAre(HasSubstr("the store refuses the record")));
}

TEST(Readiness, HeldKeysAndParkedEventsAndSlowHandlersAreDetails) {
    ReadinessFacts facts = sound();
    facts.now = Time{} + 90s;
    facts.groups = {group(3, 0, 0ms)};
    facts.groups.front().held_keys = 2;
    facts.groups.front().held_since = Time{} + 30s;
    facts.groups.front().parked = 1;
    facts.groups.front().slow_handlers = 1;
    EXPECT_TRUE(assess(facts).ready);
    EXPECT_THAT(assess(facts).details,
                ElementsAre(testing::AllOf(HasSubstr("holds 2 keys"), HasSubstr("for 60 s")),
                            HasSubstr("1 parked event"), HasSubstr("1 handler running")));
    facts.strict = true;
    EXPECT_FALSE(assess(facts).ready);
    EXPECT_EQ(assess(facts).because.size(), 3U);
}

TEST(Readiness, ServicesAddTheirReasons) {
    ReadinessFacts facts = sound();
    facts.service_problems = {"no pods", "no disk"};
    EXPECT_THAT(assess(facts).because, ElementsAre("no pods", "no disk"));
}

TEST(Readiness, NamesWhatTheProgramWaitsFor) {
    ReadinessFacts facts = sound();
    facts.started = false;
    facts.waits_for = "log kafka://h:1: no answer";
    facts.log = LogHealth{.engine = "e", .location = "h:1", .problem = "no answer"};
    EXPECT_THAT(assess(facts).because, ElementsAre(HasSubstr("kafka://h:1")));
}

TEST(Readiness, NotReadyWithoutTheLog) {
    ReadinessFacts facts = sound();
    facts.log = LogHealth{.engine = "e", .location = "h:1", .reachable = true, .problem = {}};
    EXPECT_TRUE(assess(facts).ready);
    facts.log->reachable = false;
    facts.log->problem = "h:1: connection refused";
    EXPECT_THAT(assess(facts).because,
                ElementsAre("the log does not answer: h:1: connection refused"));
}

TEST(Readiness, ARelayIsStuckOnlyWithWorkAndWithoutProgress) {
    ReadinessFacts facts = sound();
    facts.relay = RelayStatus{.lag = 0, .problem = {}};
    facts.relay_still = 5000ms;
    EXPECT_TRUE(assess(facts).ready);
    facts.relay->lag = 7;
    EXPECT_THAT(assess(facts).because, ElementsAre(HasSubstr("relay is stuck: 7 events")));
    facts.relay_still = 500ms;
    EXPECT_TRUE(assess(facts).ready);
    facts.relay->problem = "not allowed";
    EXPECT_THAT(assess(facts).because, ElementsAre(HasSubstr("not allowed")));
}

TEST(RelayWatch, MeasuresSinceTheLastProgress) {
    RelayWatch watch;
    const auto begin = RelayWatch::Clock::time_point{} + std::chrono::hours{1};
    RelayStatus status{.position = 5, .lag = 3, .problem = {}};
    EXPECT_EQ(watch.still(status, begin), 0ms);
    EXPECT_EQ(watch.still(status, begin + 700ms), 700ms);
    status.position = 6;
    EXPECT_EQ(watch.still(status, begin + 900ms), 0ms);
    status.lag = 0;
    EXPECT_EQ(watch.still(status, begin + 2000ms), 0ms);
    status.lag = 1;
    EXPECT_EQ(watch.still(status, begin + 2100ms), 100ms);
}

}  // namespace
}  // namespace quipu
