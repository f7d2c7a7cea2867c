// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "delivery/fixture.hpp"

namespace quipu::delivery_test {
namespace {

/// Its events are retried after a day.
struct Mendable {
    static constexpr std::string_view group = "mendable";
    std::atomic<bool> broken{true};
    std::atomic<int> attempts{0};
    std::atomic<int> handled{0};
    void on(const Event<Slow>&) {
        ++attempts;
        if (broken) throw std::runtime_error("not yet");
        ++handled;
    }
};

TEST_F(DeliveryTest, RetryThatIsMadeDueRunsAtOnceAndKeepsItsAttempts) {
    Mendable mendable;
    auto runtime = run(mendable);
    ASSERT_TRUE(publisher().publish(Slow{.number = 1}, {.key = "k"}));
    ASSERT_TRUE(publisher().publish(Slow{.number = 2}, {.key = "k"}));
    const auto parked = [&] { return store_->parked("mendable").value(); };
    ASSERT_TRUE(eventually([&] { return parked().size() == 2; }));
    const auto retry = [&] {
        const auto due = store_->retry_now("mendable", parked().front().position);
        ASSERT_TRUE(due) << due.error().message;
        runtime->retry_now(*due);
    };
    retry();
    ASSERT_TRUE(eventually([&] { return parked().front().attempts.size() == 2; }));
    mendable.broken = false;
    retry();
    ASSERT_TRUE(eventually([&] { return mendable.handled == 2; })) << "what waits behind it, too";
    EXPECT_EQ(mendable.attempts, 4);
    EXPECT_TRUE(eventually([&] { return parked().empty(); }));
}

}  // namespace
}  // namespace quipu::delivery_test
