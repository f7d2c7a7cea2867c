// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

using ::testing::Contains;
using ::testing::Not;

class ServicesCancel : public ::testing::Test {
  protected:
    void expect_never_ran(const std::string& id) {
        EXPECT_EQ(system_.pods.starts(pod_name_of(id)), 0U);
        EXPECT_EQ(system_.times(id, "allocate_resources_command"), 0U);
        EXPECT_EQ(system_.service->get(id)->status, ExecutionStatus::cancelled);
        expect_sound(system_, 1);
    }

    TempDirectory directory_;
    System system_{directory_.file(), {.groups = {.coordinator = {.max_running = 1}}}};
};

TEST_F(ServicesCancel, WhileItWaitsItLeavesTheQueue) {
    const std::string first = system_.submit("hang");
    const std::string second = system_.submit("exit 0");
    const std::string third = system_.submit("exit 0");
    system_.run();
    ASSERT_TRUE(system_.wait([&] { return system_.count<QueueEntry>() == 2; }));
    const auto cancelled = system_.service->cancel(second, "ada");
    ASSERT_TRUE(cancelled) << cancelled.error().message;
    EXPECT_EQ(cancelled->status, ExecutionStatus::cancelled);
    EXPECT_EQ(cancelled->cancelled_by, "ada");
    ASSERT_TRUE(system_.wait([&] { return system_.count<QueueEntry>() == 1; }));
    ASSERT_TRUE(system_.wait_for_status(first, ExecutionStatus::running));
    system_.pods.finish(pod_name_of(first), "exit 0");
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(system_.service->get(third)->status, ExecutionStatus::completed);
    expect_never_ran(second);
}

TEST_F(ServicesCancel, BeforeTheRequestIsReadItNeverRuns) {
    const std::string id = system_.submit("exit 0");
    ASSERT_TRUE(system_.service->cancel(id, "ada"));
    system_.run();
    ASSERT_TRUE(system_.settle());
    EXPECT_FALSE(system_.event<ExecutionAccepted>(id));
    expect_never_ran(id);
}

TEST_F(ServicesCancel, BeforeTheRequestInTheLogItNeverRuns) {
    system_.publish(ExecutionCancelled{.execution_id = "e-1", .cancelled_by = "ada"});
    system_.publish(System::raw_request("e-1", "exit 0"));
    system_.run();
    ASSERT_TRUE(system_.wait([&] { return system_.row<ScriptRow>("e-1").has_value(); }));
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(system_.service->get("e-1")->language, "python");
    EXPECT_EQ(system_.service->get("e-1")->cancelled_by, "ada");
    expect_never_ran("e-1");
}

TEST_F(ServicesCancel, WhileItRunsThePodDiesBeforeTheSlotIsFree) {
    const std::string id = system_.submit("hang");
    const std::string next = system_.submit("exit 0");
    system_.run();
    ASSERT_TRUE(system_.wait_for_status(id, ExecutionStatus::running));
    ASSERT_TRUE(system_.service->cancel(id, "ada"));
    ASSERT_TRUE(system_.settle());
    const auto story = system_.story(id);
    const auto at = [&](std::string_view type) { return std::ranges::find(story, type); };
    EXPECT_LT(at("execution_cancelled"), at("delete_pod_command"));
    EXPECT_LT(at("delete_pod_command"), at("pod_deleted"));
    EXPECT_LT(at("pod_deleted"), at("saga_cancelled"));
    EXPECT_LT(at("saga_cancelled"), at("release_resources_command"));
    ASSERT_NE(at("release_resources_command"), story.end());
    EXPECT_THAT(story, Not(Contains("execution_failed")));
    EXPECT_TRUE(bool{system_.event<ExecutionCancelled>(id)->data.force_terminated});
    EXPECT_EQ(system_.event<SagaCancelled>(id)->data.cancelled_by, "ada");
    EXPECT_EQ(system_.service->result(id)->row.status, ExecutionStatus::cancelled);
    EXPECT_EQ(system_.service->get(next)->status, ExecutionStatus::completed);
    expect_sound(system_, 1);
}

TEST_F(ServicesCancel, AfterTheEndIsAConflictAndChangesNothing) {
    const std::string id = system_.submit("exit 0");
    system_.run();
    ASSERT_TRUE(system_.settle());
    const auto refused = system_.service->cancel(id, "ada");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, quipu::ErrorCode::conflict);
    EXPECT_THAT(refused.error().message, ::testing::HasSubstr("completed"));
    EXPECT_EQ(system_.times(id, "execution_cancelled"), 0U);
    EXPECT_EQ(system_.service->get(id)->status, ExecutionStatus::completed);
}

TEST_F(ServicesCancel, SecondCancellationIsAConflict) {
    const std::string id = system_.submit("hang");
    system_.run();
    ASSERT_TRUE(system_.service->cancel(id, "ada"));
    EXPECT_EQ(system_.service->cancel(id, "bob").error().code, quipu::ErrorCode::conflict);
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(system_.times(id, "execution_cancelled"), 1U);
    EXPECT_EQ(system_.service->get(id)->cancelled_by, "ada");
    EXPECT_EQ(system_.service->cancel("nobody", "ada").error().code, quipu::ErrorCode::not_found);
    expect_sound(system_, 1);
}

// The pod's end and the cancellation claim the same end: whoever is first has it, and the log shows
// one. Repeated, so that both orders and the moments between come up.
TEST_F(ServicesCancel, AtTheSameTimeAsTheEndYieldsOneTerminalEvent) {
    system_.run();
    std::size_t cancelled = 0;
    for (int round = 0; round < 40; ++round) {
        const std::string id = system_.submit("hang");
        ASSERT_TRUE(system_.wait_for_status(id, ExecutionStatus::running));
        std::jthread other([&] {
            if (system_.service->cancel(id, "ada")) ++cancelled;
        });
        system_.pods.finish(pod_name_of(id), "exit 0");
        other.join();
        ASSERT_TRUE(system_.wait([&] { return system_.count<SlotRow>() == 0; }));
    }
    ASSERT_TRUE(system_.settle());
    std::size_t rows = 0;
    for (const auto& [id, row] : system_.rows<ExecutionRow>()) {
        rows += row.status == ExecutionStatus::cancelled ? 1U : 0U;
    }
    EXPECT_EQ(rows, cancelled);
    expect_sound(system_, 1);
}

}  // namespace
}  // namespace integr8s::testing
