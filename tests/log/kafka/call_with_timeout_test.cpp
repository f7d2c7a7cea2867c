// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/call_with_timeout.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>

namespace quipu::kafka {
namespace {

using namespace std::chrono_literals;

TEST(KafkaCallWithTimeout, ReturnsWhenTheCallReturns) {
    const auto value = std::make_shared<int>(0);
    EXPECT_TRUE(call_with_timeout(10s, [value] { *value = 7; }));
    EXPECT_EQ(*value, 7);
}

TEST(KafkaCallWithTimeout, LeavesBehindACallThatDoesNotReturn) {
    const auto release = std::make_shared<std::promise<void>>();
    const auto returned = std::make_shared<std::promise<void>>();
    EXPECT_FALSE(call_with_timeout(20ms, [release, returned] {
        release->get_future().wait();
        returned->set_value();
    }));
    // What it uses is still its own.
    release->set_value();
    returned->get_future().wait();
}

}  // namespace
}  // namespace quipu::kafka
