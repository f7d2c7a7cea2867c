// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class ServicesFlow : public ::testing::Test {
  protected:
    TempDirectory directory_;
    System system_{directory_.file()};
};

/// A story without what the coordinator's and the result processor's own groups say, whose order
/// relative to the others is free.
std::vector<std::string> main_line(std::vector<std::string> story) {
    std::erase(story, "result_stored");
    std::erase(story, "pod_terminated");
    return story;
}

TEST_F(ServicesFlow, HappyPathPublishesItsEventsInOrder) {
    const std::string id = system_.submit("print hello");
    system_.run();
    ASSERT_TRUE(system_.settle());
    EXPECT_THAT(
        main_line(system_.story(id)),
        ElementsAre("execution_requested", "execution_accepted", "allocate_resources_command",
                    "saga_started", "create_pod_command", "pod_created", "pod_scheduled",
                    "pod_running", "execution_started", "execution_running", "pod_succeeded",
                    "execution_completed", "saga_completed", "release_resources_command"));
    EXPECT_EQ(system_.times(id, "result_stored"), 1U);
    EXPECT_EQ(system_.times(id, "pod_terminated"), 1U);
    EXPECT_EQ(system_.pods.kept(), 0U);
    expect_sound(system_, 10);
}

TEST_F(ServicesFlow, EveryEventCarriesAggregateKeyAndUser) {
    const std::string first = system_.submit("print 1", {}, "python", "ada");
    const std::string second = system_.submit("exit 2", {}, "bash", "bob");
    system_.run();
    ASSERT_TRUE(system_.settle());
    std::map<std::string, std::int64_t> last;
    for (const quipu::RecordPtr& record : system_.log()) {
        EXPECT_EQ(record->key, record->aggregate_id);
        ASSERT_TRUE(record->key == first || record->key == second) << record->event_type;
        EXPECT_EQ(record->sequence, ++last[record->key]) << record->event_type;
        const std::string user = record->key == first ? "ada" : "bob";
        EXPECT_NE(record->body.find("\"user_id\":\"" + user + "\""), std::string::npos)
            << record->event_type;
    }
}

TEST_F(ServicesFlow, RowFollowsTheEventsAndResultComesWithTheEnd) {
    const std::string id = system_.submit("hang");
    EXPECT_EQ(system_.service->get(id)->status, ExecutionStatus::queued);
    EXPECT_EQ(system_.service->result(id).error().code, quipu::ErrorCode::not_found);
    system_.run();
    ASSERT_TRUE(system_.wait_for_status(id, ExecutionStatus::running));
    EXPECT_TRUE(system_.service->get(id)->started_at);
    ASSERT_TRUE(system_.pods.finish(pod_name_of(id), "print out eprint err"));
    ASSERT_TRUE(system_.wait_for_status(id, ExecutionStatus::completed));
    // One transaction: when the status is visible, so is the result.
    const auto result = system_.service->result(id);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->stdout_bytes, "out");
    EXPECT_EQ(result->stderr_bytes, "err");
    EXPECT_EQ(result->row.exit_code, 0);
    ASSERT_TRUE(result->row.resource_usage);
    EXPECT_EQ(std::int64_t{result->row.resource_usage->peak_memory_kb}, 4096);
    EXPECT_EQ(*system_.service->script(id), "hang");
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(std::int64_t{system_.event<ResultStored>(id)->data.size_bytes}, 6);
}

TEST_F(ServicesFlow, PodGetsLimitsAndTimeOfTheRequest) {
    const std::string id = system_.submit("print x");
    system_.run();
    ASSERT_TRUE(system_.settle());
    const runtime::PodSpec spec = system_.pods.spec(pod_name_of(id));
    EXPECT_EQ(spec.execution_id, id);
    EXPECT_EQ(spec.timeout, 60s);
    EXPECT_GE(spec.limits.cpu_seconds, 60U);
    EXPECT_EQ(spec.limits.memory_bytes, 128U << 20U);
    EXPECT_EQ(spec.limits.cpu_millicores, 1000U);
    EXPECT_THAT(spec.command, ElementsAre("/usr/bin/python", "script"));
}

struct OutcomeCase {
    const char* script;
    ExecutionStatus status;
    std::optional<ExecutionErrorType> error_type;
    std::int64_t exit_code;
    const char* pod_event;
};

class ServicesOutcome : public ::testing::TestWithParam<OutcomeCase> {};

TEST_P(ServicesOutcome, IsMappedToItsEnd) {
    const OutcomeCase& expected = GetParam();
    TempDirectory directory;
    System system{directory.file()};
    const std::string id = system.submit(expected.script);
    system.run();
    ASSERT_TRUE(system.settle());
    const auto row = system.service->get(id);
    EXPECT_EQ(row->status, expected.status);
    EXPECT_EQ(row->error_type, expected.error_type);
    EXPECT_EQ(row->exit_code, expected.exit_code);
    EXPECT_EQ(system.times(id, expected.pod_event), 1U);
    const bool completed = expected.status == ExecutionStatus::completed;
    EXPECT_EQ(system.times(id, "saga_completed"), completed ? 1U : 0U);
    EXPECT_EQ(system.times(id, "saga_failed"), completed ? 0U : 1U);
    EXPECT_EQ(system.times(id, "saga_compensated"), completed ? 0U : 1U);
    EXPECT_EQ(system.times(id, "delete_pod_command"), 0U);
    EXPECT_EQ(system.times(id, "pod_terminated"), 1U);
    expect_sound(system, 10);
}

INSTANTIATE_TEST_SUITE_P(
    All, ServicesOutcome,
    ::testing::Values(OutcomeCase{"exit 0", ExecutionStatus::completed, std::nullopt, 0,
                                  "pod_succeeded"},
                      OutcomeCase{"exit 3", ExecutionStatus::failed,
                                  ExecutionErrorType::script_error, 3, "pod_failed"},
                      OutcomeCase{"signal 11", ExecutionStatus::failed,
                                  ExecutionErrorType::script_error, 139, "pod_failed"},
                      OutcomeCase{"oom", ExecutionStatus::failed,
                                  ExecutionErrorType::resource_limit, 137, "pod_failed"},
                      OutcomeCase{"flood", ExecutionStatus::failed,
                                  ExecutionErrorType::resource_limit, 137, "pod_failed"},
                      OutcomeCase{"timeout", ExecutionStatus::timeout, ExecutionErrorType::timeout,
                                  -1, "pod_failed"},
                      OutcomeCase{"broken", ExecutionStatus::failed,
                                  ExecutionErrorType::system_error, -1, "pod_failed"}));

TEST_F(ServicesFlow, BytesThatAreNotTextAreKeptExactly) {
    const std::string id = system_.submit("bytes");
    system_.run();
    ASSERT_TRUE(system_.settle());
    const std::string bytes("a\xff\0b\xc3", 5);
    EXPECT_EQ(system_.service->result(id)->stdout_bytes, bytes);
    const auto completed = system_.event<ExecutionCompleted>(id);
    EXPECT_EQ(std::string(completed->data.stdout_), std::string("a\xef\xbf\xbd\0b\xef\xbf\xbd", 9));
    EXPECT_EQ(std::int64_t{system_.event<ResultStored>(id)->data.size_bytes}, 5);
}

TEST_F(ServicesFlow, OversizedOutputIsTruncatedInTheEventOnly) {
    const std::string id = system_.submit("much");
    system_.run();
    ASSERT_TRUE(system_.settle());
    const auto result = system_.service->result(id);
    EXPECT_EQ(result->stdout_bytes, std::string(1024 * 1024, '\n'));
    EXPECT_TRUE(result->row.output.event_truncated);
    EXPECT_FALSE(result->row.output.stdout_truncated);
    EXPECT_EQ(result->row.status, ExecutionStatus::completed);
    const auto completed = system_.event<ExecutionCompleted>(id);
    EXPECT_GT(completed->data.stdout_.size(), 100'000U);
    for (const quipu::RecordPtr& record : system_.log()) {
        EXPECT_LE(record->body.size(), 1024U * 1024U) << record->event_type;
    }
    expect_sound(system_, 10);
}

TEST_F(ServicesFlow, LargestScriptFitsIntoEveryEventAndDocument) {
    const std::size_t most = system_.service->settings().max_script_bytes;
    const std::string script = "print x " + std::string(most - 8, '#');
    const std::string id = system_.submit(script);
    system_.run();
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(system_.service->get(id)->status, ExecutionStatus::completed);
    EXPECT_EQ(system_.pods.spec(pod_name_of(id)).script, script);
}

TEST_F(ServicesFlow, RequestFromTheLogGetsItsRows) {
    system_.publish(System::raw_request("e-1", "print hi"));
    system_.run();
    ASSERT_TRUE(system_.wait_for_status("e-1", ExecutionStatus::completed));
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(system_.service->get("e-1")->user_id, "ada");
    EXPECT_EQ(*system_.service->script("e-1"), "print hi");
    expect_sound(system_, 10);
}

TEST_F(ServicesFlow, LaterTerminalEventsChangeNothing) {
    const std::string id = system_.submit("exit 4");
    system_.run();
    ASSERT_TRUE(system_.settle());
    system_.publish(ExecutionCompleted{.execution_id = id, .exit_code = 0});
    system_.publish(ExecutionTimeout{.execution_id = id, .timeout_seconds = 1});
    system_.publish(ExecutionCancelled{.execution_id = id, .cancelled_by = "eve"});
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(system_.service->get(id)->status, ExecutionStatus::failed);
    EXPECT_EQ(system_.service->get(id)->exit_code, 4);
    EXPECT_EQ(system_.times(id, "result_stored"), 1U);
    EXPECT_EQ(system_.times(id, "release_resources_command"), 1U);
}

}  // namespace
}  // namespace integr8s::testing
