// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cstdlib>

#include "integr8s/runtime/sandbox_runtime.hpp"
#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

/// The same services on real pods. A machine that cannot have a sandbox must say so, or this fails.
class ServicesSandbox : public ::testing::Test {
  protected:
    void SetUp() override {
        auto made = runtime::make_sandbox_runtime({});
        if (made) {
            runtime_ = std::move(*made);
            return;
        }
        if (std::getenv("INTEGR8S_TEST_WITHOUT_SANDBOX") != nullptr)
            GTEST_SKIP() << made.error().message;
        FAIL() << made.error().message << " (INTEGR8S_TEST_WITHOUT_SANDBOX=1 skips these tests)";
    }
    [[nodiscard]] SystemOptions options() {
        SystemOptions options{.groups = {.coordinator = {.max_running = 2}}};
        options.runtime = runtime_.get();
        options.languages = runtime::languages();
        return options;
    }

    TempDirectory directory_;
    std::unique_ptr<runtime::PodRuntime> runtime_;
};

TEST_F(ServicesSandbox, ScriptOutcomesMapToStatuses) {
    System system{directory_.file(), options()};
    system.run();
    const std::string good = system.submit("printf 'h\\303\\244llo'; echo err >&2", {}, "bash");
    const std::string bad = system.submit("exit 3", {}, "bash");
    const std::string dead = system.submit("kill -SEGV $$", {}, "bash");
    const std::string bytes = system.submit("printf 'a\\377\\000b'", {}, "bash");
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.service->get(good)->status, ExecutionStatus::completed);
    EXPECT_EQ(system.service->result(good)->stdout_bytes, "h\xc3\xa4llo");
    EXPECT_EQ(system.service->result(good)->stderr_bytes, "err\n");
    EXPECT_GT(std::int64_t{system.service->result(good)->row.resource_usage->peak_memory_kb}, 0);
    EXPECT_EQ(system.service->get(bad)->status, ExecutionStatus::failed);
    EXPECT_EQ(system.service->get(bad)->exit_code, 3);
    EXPECT_EQ(system.service->get(dead)->exit_code, 139);
    EXPECT_EQ(system.service->result(bytes)->stdout_bytes, std::string("a\xff\0b", 4));
    EXPECT_TRUE(runtime_->list()->empty());
    expect_sound(system, 2);
}

TEST_F(ServicesSandbox, CancellationKillsTheScript) {
    System system{directory_.file(), options()};
    system.run();
    const std::string id = system.submit("sleep 1000", {}, "bash");
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
    ASSERT_TRUE(system.service->cancel(id, "ada"));
    ASSERT_TRUE(system.settle());
    ASSERT_TRUE(system.wait([&] { return system.times(id, "pod_terminated") == 1; }));
    EXPECT_TRUE(runtime_->list()->empty());
    expect_sound(system, 2);
}

TEST_F(ServicesSandbox, ScriptThatRunsTooLongTimesOut) {
    System system{directory_.file(), options()};
    system.run();
    const auto answer = system.service->submit({.script = "echo begun; sleep 1000",
                                                .language = "bash",
                                                .version = {},
                                                .timeout_seconds = 1,
                                                .user_id = "ada"});
    ASSERT_TRUE(answer);
    const std::string id = answer->row.execution_id;
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::timeout));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.service->result(id)->stdout_bytes, "begun\n");
    expect_sound(system, 2);
}

}  // namespace
}  // namespace integr8s::testing
