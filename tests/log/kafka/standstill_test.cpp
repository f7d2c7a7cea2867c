// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/standstill.hpp"

#include <gmock/gmock.h>

namespace quipu::kafka {
namespace {

using namespace std::chrono_literals;

class KafkaStandstill : public testing::Test {
  protected:
    /// The second, from now on, in which the alarm comes; -1 if it does not come in 400.
    int seconds_to_alarm(bool brokers_answer = true) {
        for (int second = 1; second <= 400; ++second) {
            now += 1s;
            if (standstill.check(brokers_answer, now)) return second;
        }
        return -1;
    }
    void let_through(int seconds) {
        for (int second = 0; second < seconds; ++second) {
            const auto entered = standstill.enter();
            now += 1s;
            EXPECT_FALSE(standstill.check(true, now));
            standstill.leave(entered);
        }
    }
    Standstill::Clock::time_point now{};
    Standstill standstill{8s, now};
};

TEST_F(KafkaStandstill, NothingToWaitForIsNoStandstill) {
    EXPECT_EQ(seconds_to_alarm(), -1);
}

TEST_F(KafkaStandstill, PatienceDoublesUpToFiveMinutesWhileNothingGetsThrough) {
    std::int64_t entered = standstill.enter();
    for (const int expected : {8, 16, 32, 64, 128, 256, 300, 300}) {
        EXPECT_EQ(seconds_to_alarm(), expected);
        // Given back, and tried again a little later.
        standstill.leave(entered);
        EXPECT_FALSE(standstill.check(true, now));
        entered = standstill.enter();
    }
}

TEST_F(KafkaStandstill, PatienceIsShortAgainWhenRecordsGotThrough) {
    const auto entered = standstill.enter();
    EXPECT_EQ(seconds_to_alarm(), 8);
    standstill.leave(entered);
    let_through(20);
    static_cast<void>(standstill.enter());
    EXPECT_EQ(seconds_to_alarm(), 8);
}

TEST_F(KafkaStandstill, OneRecordStandsStillWhileOthersGetThrough) {
    static_cast<void>(standstill.enter());
    let_through(7);
    EXPECT_EQ(seconds_to_alarm(), 1);
}

TEST_F(KafkaStandstill, BrokersThatDoNotAnswerAreWaitedFor) {
    static_cast<void>(standstill.enter());
    EXPECT_EQ(seconds_to_alarm(false), -1);
    EXPECT_EQ(seconds_to_alarm(), 8);
}

}  // namespace
}  // namespace quipu::kafka
