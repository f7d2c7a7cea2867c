// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/stall_detector.hpp"

#include <gmock/gmock.h>

namespace quipu::kafka {
namespace {

using namespace std::chrono_literals;

class KafkaStallDetector : public testing::Test {
  protected:
    /// The second, from now on, in which the alarm comes; -1 if it does not come in 400.
    int seconds_to_alarm(bool brokers_answer = true) {
        for (int second = 1; second <= 400; ++second) {
            now += 1s;
            if (detector.check(brokers_answer, now)) return second;
        }
        return -1;
    }
    void let_through(int seconds) {
        for (int second = 0; second < seconds; ++second) {
            const auto entered = detector.enter();
            now += 1s;
            EXPECT_FALSE(detector.check(true, now));
            detector.leave(entered);
        }
    }
    StallDetector::Clock::time_point now{};
    StallDetector detector{8s, now};
};

TEST_F(KafkaStallDetector, IdleProducerIsNotStalled) {
    EXPECT_EQ(seconds_to_alarm(), -1);
}

TEST_F(KafkaStallDetector, PatienceDoublesUpToFiveMinutes) {
    std::int64_t entered = detector.enter();
    for (const int expected : {8, 16, 32, 64, 128, 256, 300, 300}) {
        EXPECT_EQ(seconds_to_alarm(), expected);
        // Given back, and tried again a little later.
        detector.leave(entered);
        EXPECT_FALSE(detector.check(true, now));
        entered = detector.enter();
    }
}

TEST_F(KafkaStallDetector, PatienceIsResetWhenRecordsGetThrough) {
    const auto entered = detector.enter();
    EXPECT_EQ(seconds_to_alarm(), 8);
    detector.leave(entered);
    let_through(20);
    static_cast<void>(detector.enter());
    EXPECT_EQ(seconds_to_alarm(), 8);
}

TEST_F(KafkaStallDetector, OneStalledRecordAmongOthersIsDetected) {
    static_cast<void>(detector.enter());
    let_through(7);
    EXPECT_EQ(seconds_to_alarm(), 1);
}

TEST_F(KafkaStallDetector, SilentBrokersAreWaitedFor) {
    static_cast<void>(detector.enter());
    EXPECT_EQ(seconds_to_alarm(false), -1);
    EXPECT_EQ(seconds_to_alarm(), 8);
}

}  // namespace
}  // namespace quipu::kafka
