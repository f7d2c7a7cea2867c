// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

constexpr int killed = 77;
constexpr int hung = 78;
constexpr int never = 1'000'000;

/// One scenario, continued by every run of the program on the same file.
struct Scenario {
    const char* name;
    const char* script;
    bool cancel;
    bool late;  ///< its deadline passes
    ExecutionStatus end;
};

/// Runs the scenario in a process that dies when its n-th transaction has become durable, before
/// anybody hears of it. Returns its exit code.
int live(const std::filesystem::path& file, const Scenario& scenario, int transactions) {
    const pid_t child = ::fork();
    if (child == 0) {
        std::atomic<int> left{transactions};
        SystemOptions options;
        options.after = [&left] {
            if (--left == 0) ::_exit(killed);
        };
        try {
            System system{file, std::move(options)};
            system.run();
            const auto submitted = system.service->submit({.script = scenario.script,
                                                           .language = "python",
                                                           .version = {},
                                                           .timeout_seconds = 60,
                                                           .user_id = "ada"},
                                                          "key");
            if (!submitted) ::_exit(hung);
            const std::string id = submitted->row.execution_id;
            const auto running_or_ended = [&] {
                return system.service->get(id)->status >= ExecutionStatus::running;
            };
            if (scenario.cancel || scenario.late) {
                if (!system.wait(running_or_ended)) ::_exit(hung);
            }
            // Refused where the life before has done it.
            if (scenario.cancel) static_cast<void>(system.service->cancel(id, "ada"));
            if (scenario.late && !system.wait([&] {
                    system.put_clock_forward(20s);
                    return is_end(system.service->get(id)->status);
                })) {
                ::_exit(hung);
            }
            ::_exit(system.settle() ? 0 : hung);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
            ::_exit(hung);
        }
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class ServicesKill : public ::testing::TestWithParam<Scenario> {
  protected:
    static void expect_same_end(const std::filesystem::path& file) {
        System system{file};
        ASSERT_EQ(system.count<ExecutionRow>(), 1U);
        EXPECT_EQ(system.rows<ExecutionRow>().front().second.status, GetParam().end);
        expect_sound(system, 10);
    }
};

TEST_P(ServicesKill, NextRunCompletesAfterAKillAtAnyTransaction) {
    int deaths = 0;
    for (int n = 1;; ++n) {
        SCOPED_TRACE("killed after transaction " + std::to_string(n));
        TempDirectory directory;
        const int first = live(directory.file(), GetParam(), n);
        if (first == killed) {
            ++deaths;
            ASSERT_EQ(live(directory.file(), GetParam(), never), 0);
        } else {
            ASSERT_EQ(first, 0);
        }
        expect_same_end(directory.file());
        if (HasFailure() || first == 0) break;
    }
    // Groups share transactions where they can, so the number varies.
    EXPECT_GT(deaths, 8);
}

TEST_P(ServicesKill, RepeatedKillsLoseNothing) {
    TempDirectory directory;
    int lives = 0;
    // Lives of the same length die at the same step, or near it.
    for (int n = 1; lives < 200; n += lives % 3 == 0 ? 1 : 0) {
        ++lives;
        const int code = live(directory.file(), GetParam(), n);
        if (code == 0) break;
        ASSERT_EQ(code, killed);
    }
    EXPECT_GT(lives, 5);
    System system{directory.file()};
    ASSERT_EQ(system.count<ExecutionRow>(), 1U);
    // A pod that was lost too often is not started again.
    const ExecutionStatus end = system.rows<ExecutionRow>().front().second.status;
    EXPECT_TRUE(end == GetParam().end || end == ExecutionStatus::failed);
    expect_sound(system, 10);
}

INSTANTIATE_TEST_SUITE_P(
    Scenarios, ServicesKill,
    ::testing::Values(Scenario{"completes", "print x", false, false, ExecutionStatus::completed},
                      Scenario{"fails", "exit 3", false, false, ExecutionStatus::failed},
                      Scenario{"cancelled", "hang", true, false, ExecutionStatus::cancelled},
                      Scenario{"late", "hang", false, true, ExecutionStatus::timeout}),
    [](const auto& scenario) { return std::string(scenario.param.name); });

TEST(ServicesRestart, PodsThatDiedWithTheProgramAreRestarted) {
    TempDirectory directory;
    std::string id;
    {
        System system{directory.file()};
        id = system.submit("hang");
        system.run();
        ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::running));
    }
    System system{directory.file()};
    system.run();
    ASSERT_TRUE(system.wait([&] { return system.times(id, "pod_running") == 2; }));
    ASSERT_TRUE(system.pods.finish(pod_name_of(id), "print again"));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.service->result(id)->stdout_bytes, "again");
    EXPECT_EQ(system.times(id, "pod_created"), 2U);
    EXPECT_EQ(system.times(id, "execution_started"), 1U);
    EXPECT_EQ(system.times(id, "execution_running"), 2U);
    EXPECT_EQ(system.times(id, "saga_started"), 1U);
    expect_sound(system, 10);
}

TEST(ServicesRestart, PodLostThreeTimesFailsTheExecution) {
    TempDirectory directory;
    std::string id;
    for (std::size_t life = 1; life <= 3; ++life) {
        System system{directory.file()};
        if (life == 1) id = system.submit("hang");
        system.run();
        ASSERT_TRUE(system.wait([&] { return system.times(id, "pod_running") == life; }));
        ASSERT_TRUE(system.delivery->drain(patience));
    }
    System system{directory.file()};
    system.run();
    ASSERT_TRUE(system.wait_for_status(id, ExecutionStatus::failed));
    ASSERT_TRUE(system.settle());
    EXPECT_EQ(system.service->get(id)->error_type, ExecutionErrorType::system_error);
    EXPECT_EQ(system.pods.starts(pod_name_of(id)), 0U);
    expect_sound(system, 10);
}

TEST(ServicesRestart, PodsWithoutARowAreRemoved) {
    TempDirectory directory;
    SystemOptions options;
    options.prepare = [](FakePodRuntime& pods) {
        runtime::PodSpec spec;
        spec.pod_name = "executor-stray";
        spec.script = "hang";
        ASSERT_TRUE(pods.start(spec));
    };
    System system{directory.file(), std::move(options)};
    EXPECT_EQ(system.pods.kept(), 1U);
    system.run();
    EXPECT_EQ(system.pods.kept(), 0U);
}

}  // namespace
}  // namespace integr8s::testing
