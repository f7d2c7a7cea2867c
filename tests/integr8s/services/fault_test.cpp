// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>

#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class ServicesFault : public ::testing::Test {
  protected:
    TempDirectory directory_;
};

bool appends(const quipu::Transaction& transaction, std::string_view type) {
    return std::ranges::any_of(transaction.appends, [&](const quipu::Append& append) {
        return append.record.event_type == type;
    });
}

TEST_F(ServicesFault, BusyRuntimeIsRetried) {
    System system{directory_.file()};
    system.pods.fail_starts(3, quipu::ErrorCode::busy);
    const std::string id = system.submit("print x");
    system.run();
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.service->get(id)->status, ExecutionStatus::completed);
    EXPECT_THAT(system.story(id), Not(Contains("execution_failed")));
    expect_sound(system, 10);
}

TEST_F(ServicesFault, RejectedPodFailsTheExecution) {
    System system{directory_.file()};
    system.pods.fail_starts(1, quipu::ErrorCode::invalid);
    const std::string id = system.submit("print x");
    system.run();
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.service->get(id)->status, ExecutionStatus::failed);
    EXPECT_EQ(system.service->get(id)->error_type, ExecutionErrorType::system_error);
    EXPECT_THAT(system.story(id), Contains("pod_failed"));
    expect_sound(system, 10);
}

TEST_F(ServicesFault, InvalidCommandFailsTheExecution) {
    System system{directory_.file()};
    ExecutionRequested request = System::raw_request("e-1", "print x");
    request.memory_limit = "much";
    system.publish(request);
    request = System::raw_request("e-2", "print x");
    request.runtime_command.clear();
    system.publish(request);
    system.run();
    for (const char* id : {"e-1", "e-2"}) {
        ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::failed));
        EXPECT_EQ(system.service->get(id)->error_type, ExecutionErrorType::system_error);
        EXPECT_THAT(system.story(id), Not(Contains("pod_created")));
    }
    ASSERT_TRUE(system.settle());
    EXPECT_THAT(system.service->result("e-1")->stderr_bytes, HasSubstr("much"));
    expect_sound(system, 10);
}

TEST_F(ServicesFault, FailedRemovalIsRetried) {
    System system{directory_.file()};
    const std::string id = system.submit("hang");
    system.run();
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
    system.pods.fail_removes(3);
    ASSERT_TRUE(system.service->cancel(id, "ada"));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.times(id, "pod_deleted"), 1U);
    EXPECT_EQ(system.pods.kept(), 0U);
    expect_sound(system, 10);
}

TEST_F(ServicesFault, PodEndIsReportedUntilItIsDurable) {
    std::atomic<int> refuse{5};
    SystemOptions options;
    System* seen = nullptr;
    std::atomic<std::size_t> kept_at_refusal{0};
    options.before = [&](const quipu::Transaction& transaction) -> quipu::Result<void> {
        if (!appends(transaction, "execution_completed") || refuse-- <= 0) return {};
        kept_at_refusal += seen->pods.kept();
        return quipu::fail(quipu::ErrorCode::unavailable, "told to refuse");
    };
    System system{directory_.file(), std::move(options)};
    seen = &system;
    const std::string id = system.submit("print kept");
    system.run();
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(kept_at_refusal, 5U);
    EXPECT_EQ(system.groups->monitor.failures(), 5U);
    EXPECT_EQ(system.service->result(id)->stdout_bytes, "kept");
    EXPECT_EQ(system.times(id, "execution_completed"), 1U);
    EXPECT_EQ(system.pods.kept(), 0U);
    expect_sound(system, 10);
}

// Any transaction may fail for a while; each is tried again as a whole.
TEST_F(ServicesFault, StoreThatFailsIntermittentlyLosesNothing) {
    std::atomic<int> count{0};
    SystemOptions options;
    options.before = [&](const quipu::Transaction&) -> quipu::Result<void> {
        const int number = ++count;
        if (number < 20 || number > 200 || number % 5 != 0) return {};
        return quipu::fail(quipu::ErrorCode::conflict, "told to refuse");
    };
    System system{directory_.file(), std::move(options)};
    system.run();
    std::vector<std::string> ids;
    for (int index = 0; index < 20; ++index) {
        // Without a document that it reads nothing would change, so a submission is not repeated.
        auto answer = system.service->submit({.script = index % 3 == 0 ? "exit 1" : "print x",
                                              .language = "python",
                                              .version = {},
                                              .user_id = "ada"});
        if (answer) ids.push_back(answer->row.execution_id);
    }
    EXPECT_GT(ids.size(), 5U);
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.count<ExecutionRow>(), ids.size());
    expect_sound(system, 10);
}

TEST_F(ServicesFault, ResultIsNotAnnouncedBeforeItIsStored) {
    std::atomic<int> refuse{3};
    SystemOptions options;
    options.before = [&](const quipu::Transaction& transaction) -> quipu::Result<void> {
        if (!appends(transaction, "result_stored") || refuse-- <= 0) return {};
        return quipu::fail(quipu::ErrorCode::unavailable, "told to refuse");
    };
    System system{directory_.file(), std::move(options)};
    const std::string id = system.submit("print x");
    system.run();
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.times(id, "result_stored"), 1U);
    EXPECT_EQ(system.times(id, "result_failed"), 0U);
    EXPECT_EQ(system.service->get(id)->status, ExecutionStatus::completed);
    expect_sound(system, 10);
}

}  // namespace
}  // namespace integr8s::testing
