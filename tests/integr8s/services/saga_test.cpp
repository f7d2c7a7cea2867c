// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class ServicesSaga : public ::testing::Test {
  protected:
    TempDirectory directory_;
};

TEST_F(ServicesSaga, FailedStepEndsTheExecutionAndReleasesTheSlot) {
    System system{directory_.file(), {.groups = {.coordinator = {.max_running = 2}}}};
    // More of them than there are slots: none may keep one.
    for (int index = 0; index < 6; ++index) {
        ExecutionRequested request = System::raw_request("e-" + std::to_string(index), "exit 0");
        request.timeout_seconds = 301;
        system.publish(request);
    }
    system.run();
    for (int index = 0; index < 6; ++index) {
        const std::string id = "e-" + std::to_string(index);
        ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::failed));
        ASSERT_TRUE(system.wait([&] { return system.times(id, "result_stored") == 1; }));
        EXPECT_THAT(system.service->result(id)->stderr_bytes, HasSubstr("timeout"));
        EXPECT_EQ(system.event<SagaFailed>(id)->data.failed_step, "validate_execution");
        EXPECT_THAT(system.story(id), Not(Contains("create_pod_command")));
    }
    ASSERT_TRUE(system.settle());
    expect_sound(system, 2);
}

TEST_F(ServicesSaga, AllocationsOfALanguageAreLimited) {
    System system{directory_.file(), {.groups = {.saga = {.max_allocations = 2}}}};
    const std::string first = system.submit("hang");
    const std::string second = system.submit("hang");
    system.run();
    ASSERT_TRUE(system.wait_for_status(first, ExecutionStatus::running));
    ASSERT_TRUE(system.wait_for_status(second, ExecutionStatus::running));
    EXPECT_EQ(system.count<AllocationRow>(), 2U);
    const std::string third = system.submit("exit 0");
    const std::string other = system.submit("exit 0", {}, "bash");
    ASSERT_TRUE(system.wait_for_status(third, ExecutionStatus::failed));
    ASSERT_TRUE(system.wait_for_status(other, ExecutionStatus::completed));
    EXPECT_EQ(system.service->get(third)->error_type, ExecutionErrorType::resource_limit);
    EXPECT_EQ(system.event<SagaFailed>(third)->data.failed_step, "allocate_resources");
    system.pods.finish(pod_name_of(first), "exit 0");
    ASSERT_TRUE(system.wait([&] { return system.count<AllocationRow>() == 1; }));
    const std::string fourth = system.submit("exit 0");
    ASSERT_TRUE(system.wait_for_status(fourth, ExecutionStatus::completed));
    system.pods.finish(pod_name_of(second), "exit 0");
    ASSERT_TRUE(system.settle());
    expect_sound(system, 10);
}

TEST_F(ServicesSaga, DeadlineKillsThePodAndEndsTheExecution) {
    System system{directory_.file(), {.groups = {.coordinator = {.max_running = 1}}}};
    const std::string id = system.submit("hang");
    const std::string next = system.submit("exit 0");
    system.run();
    ASSERT_TRUE(system.wait([&] {
        const auto saga = system.row<SagaRow>(id);
        return saga && saga->deadline && *saga->deadline < quipu::now() + 200s;
    }));
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
    // 60 seconds of its own, 30 of grace.
    system.put_clock_forward(85s);
    EXPECT_EQ(system.service->get(id)->status, ExecutionStatus::running);
    system.put_clock_forward(10s);
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::timeout));
    ASSERT_TRUE(system.settle());
    EXPECT_THAT(system.story(id), Contains("delete_pod_command"));
    EXPECT_THAT(system.story(id), Contains("pod_deleted"));
    EXPECT_EQ(system.row<SagaRow>(id)->state, SagaState::timeout);
    EXPECT_EQ(system.service->get(next)->status, ExecutionStatus::completed);
    expect_sound(system, 1);
}

TEST_F(ServicesSaga, PodThatNeverStartsMeetsTheOverallDeadline) {
    System system{directory_.file()};
    system.pods.fail_starts(1'000'000, quipu::ErrorCode::busy);
    const std::string id = system.submit("exit 0");
    system.run();
    ASSERT_TRUE(system.wait([&] { return system.dead_letters() == 1; }));
    system.put_clock_forward(655s);
    EXPECT_FALSE(is_end(system.service->get(id)->status));
    system.put_clock_forward(10s);
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::timeout));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.count<SlotRow>(), 0U);
    EXPECT_EQ(system.pods.kept(), 0U);
    // What an operator requeues afterwards starts nothing any more.
    system.pods.fail_starts(0, quipu::ErrorCode::busy);
    const auto letters = system.store().dead_letters({}, std::nullopt, 0, 10);
    const auto requeued = system.store().requeue(letters->front().id, {});
    ASSERT_TRUE(requeued);
    system.delivery->requeued(*requeued);
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.pods.starts(pod_name_of(id)), 0U);
}

TEST_F(ServicesSaga, PodDeletedByAnotherEndsTheExecution) {
    System system{directory_.file()};
    const std::string id = system.submit("hang");
    system.run();
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
    system.publish(DeletePodCommand{.saga_id = "", .execution_id = id, .reason = "by an operator"});
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::failed));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.service->get(id)->error_type, ExecutionErrorType::system_error);
    expect_sound(system, 10);
}

TEST_F(ServicesSaga, DeletionIsRequestedUntilThePodIsGone) {
    System system{directory_.file(), {.max_retries = 1}};
    const std::string id = system.submit("hang");
    system.run();
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
    system.pods.fail_removes(2);
    ASSERT_TRUE(system.service->cancel(id, "ada"));
    ASSERT_TRUE(system.wait([&] { return system.dead_letters() == 1; }));
    // The pod lives, so its slot is taken.
    EXPECT_EQ(system.count<SlotRow>(), 1U);
    EXPECT_EQ(system.row<SagaRow>(id)->state, SagaState::compensating);
    system.put_clock_forward(901s);
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.times(id, "delete_pod_command"), 2U);
    EXPECT_EQ(system.row<SagaRow>(id)->state, SagaState::cancelled);
    EXPECT_EQ(system.pods.kept(), 0U);
}

TEST_F(ServicesSaga, EndReportedByAnotherServiceKillsThePod) {
    System system{directory_.file()};
    const std::string id = system.submit("hang");
    system.run();
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
    system.publish(ExecutionCompleted{.execution_id = id, .exit_code = 0});
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.pods.kept(), 0U);
    EXPECT_EQ(system.row<SagaRow>(id)->state, SagaState::completed);
    expect_sound(system, 10);
}

// As when the request has become a dead letter of this group.
TEST_F(ServicesSaga, SlotWithoutARequestFailsTheExecution) {
    System system{directory_.file()};
    system.publish(AllocateResourcesCommand{
        .execution_id = "e-1", .cpu_request = "1m", .memory_request = "1Mi"});
    system.run();
    ASSERT_TRUE(system.wait_for_status("e-1", ExecutionStatus::failed));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.times("e-1", "release_resources_command"), 1U);
    EXPECT_EQ(system.event<SagaFailed>("e-1")->data.failed_step, "validate_execution");
    expect_sound(system, 10);
}

}  // namespace
}  // namespace integr8s::testing
