// SPDX-License-Identifier: Apache-2.0
// Phases in order, none lost; start and remove at any moment; no more pods at once than allowed.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>

#include "integr8s/runtime/files.hpp"
#include "integr8s/runtime/harness.hpp"

namespace integr8s::runtime {
namespace {

namespace fs = std::filesystem;
using testing::bash;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::long_sleep;
using testing::patience;
using testing::processes_with;
using namespace std::chrono_literals;

class PodLifecycle : public testing::SandboxTest {};

PodSpec named(std::string name, PodSpec spec) {
    spec.pod_name = std::move(name);
    spec.execution_id = "execution of " + spec.pod_name;
    return spec;
}

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{"/proc/self/fd"}, {}));
}

std::string children() {
    std::string all;
    for (const auto& task : fs::directory_iterator("/proc/self/task")) {
        all += read_text(task.path() / "children");
    }
    return all;
}

TEST_F(PodLifecycle, PhasesComeInOrder) {
    ASSERT_TRUE(runtime().start(named("one", bash("exit 0"))));
    const auto last = harness().wait("one", PodPhase::finished);
    ASSERT_TRUE(last);
    EXPECT_THAT(harness().phases("one"), ElementsAre(PodPhase::pending, PodPhase::scheduled,
                                                     PodPhase::running, PodPhase::finished));
    EXPECT_EQ(last->execution_id, "execution of one");
    EXPECT_LE(last->created_at, *last->scheduled_at);
    EXPECT_LE(*last->scheduled_at, *last->running_at);
    EXPECT_LE(*last->running_at, *last->finished_at);
}

TEST_F(PodLifecycle, FinishedPodStaysUntilRemoved) {
    ASSERT_TRUE(runtime().start(named("one", bash("echo hi"))));
    ASSERT_TRUE(harness().wait("one", PodPhase::finished));
    const auto all = runtime().list();
    ASSERT_EQ(all->size(), 1U);
    EXPECT_EQ(all->front().phase, PodPhase::finished);
    EXPECT_EQ(all->front().result->stdout_bytes, "hi\n");
    EXPECT_TRUE(runtime().remove("one"));
    EXPECT_TRUE(runtime().list()->empty());
    EXPECT_FALSE(*runtime().find("one"));
}

TEST_F(PodLifecycle, StartingTwiceRunsOnce) {
    const PodSpec spec = named("one", bash("echo first"));
    ASSERT_TRUE(runtime().start(spec));
    EXPECT_TRUE(runtime().start(spec));
    ASSERT_TRUE(harness().wait("one", PodPhase::finished));
    EXPECT_TRUE(runtime().start(named("one", bash("echo second"))));
    EXPECT_EQ((*runtime().find("one"))->result->stdout_bytes, "first\n");
    EXPECT_EQ(harness().phases("one").size(), 4U);
}

TEST_F(PodLifecycle, RemovedNameCanBeUsedAgain) {
    ASSERT_TRUE(runtime().start(named("one", bash("sleep 1000"))));
    ASSERT_TRUE(harness().wait("one", PodPhase::running));
    ASSERT_TRUE(runtime().remove("one"));
    ASSERT_TRUE(runtime().start(named("one", bash("exit 3"))));
    for (;;) {
        const auto now = runtime().find("one");
        ASSERT_TRUE(*now);
        if ((*now)->phase == PodPhase::finished) {
            EXPECT_EQ((*now)->result->exit_code, 3);
            break;
        }
        std::this_thread::yield();
    }
}

TEST_F(PodLifecycle, RemovingAnAbsentPodSucceeds) {
    EXPECT_TRUE(runtime().remove("nobody"));
}

TEST_F(PodLifecycle, RemovingARunningPodKillsAllOfIt) {
    const std::string mark = long_sleep(1);
    ASSERT_TRUE(runtime().start(
        named("one", bash("sleep " + mark + " & (setsid sleep " + mark + " &) ; wait"))));
    ASSERT_TRUE(harness().wait("one", PodPhase::running));
    while (processes_with(mark) < 2) std::this_thread::yield();
    EXPECT_TRUE(runtime().remove("one"));
    EXPECT_EQ(processes_with(mark), 0);
    EXPECT_TRUE(runtime().list()->empty());
    const auto last = harness().wait("one", PodPhase::finished);
    ASSERT_TRUE(last);
    EXPECT_EQ(last->result->outcome, PodOutcome::deleted);
}

TEST_F(PodLifecycle, RemovingAtAnyMomentLeavesNothing) {
    const std::string mark = long_sleep(2);
    for (int round = 0; round < 20; ++round) {
        const std::string name = "pod" + std::to_string(round);
        ASSERT_TRUE(runtime().start(named(name, bash("sleep " + mark))));
        const std::array moments{PodPhase::pending, PodPhase::scheduled, PodPhase::running};
        ASSERT_TRUE(harness().wait(name, moments[static_cast<std::size_t>(round) % 3]));
        ASSERT_TRUE(runtime().remove(name));
        const auto last = harness().wait(name, PodPhase::finished);
        ASSERT_TRUE(last);
        EXPECT_EQ(last->result->outcome, PodOutcome::deleted);
    }
    EXPECT_EQ(processes_with(mark), 0);
}

TEST_F(PodLifecycle, OrphanDaemonDiesWithThePod) {
    const std::string mark = long_sleep(3);
    const PodResult result = testing::SandboxTest::run(
        named("one", bash("(setsid bash -c 'trap \"\" TERM HUP; touch up; exec sleep " + mark +
                          "' &)\n"
                          "until [ -e up ]; do sleep 0.01; done; echo bye")));
    EXPECT_EQ(result.outcome, PodOutcome::exited);
    EXPECT_EQ(result.stdout_bytes, "bye\n");
    EXPECT_EQ(processes_with(mark), 0);
}

TEST_F(PodLifecycle, ConcurrencyIsLimitedAndTheRestStartsInOrder) {
    SandboxOptions options;
    options.max_running = 2;
    use(options);
    std::mutex mutex;
    std::vector<std::string> order;
    std::atomic<int> alive{0};
    std::atomic<int> most{0};
    std::atomic<int> finished{0};
    runtime().watch([&](const PodStatus& status) {
        const std::lock_guard lock{mutex};
        if (status.phase == PodPhase::scheduled) {
            order.push_back(status.pod_name);
            most = std::max(most.load(), ++alive);
        }
        if (status.phase == PodPhase::finished) {
            --alive;
            ++finished;
            finished.notify_all();
        }
        return true;
    });
    std::vector<std::string> expected;
    for (int i = 0; i < 8; ++i) {
        expected.push_back("pod" + std::to_string(i));
        ASSERT_TRUE(runtime().start(named(expected.back(), bash("sleep 0.1"))));
    }
    for (int seen = 0; (seen = finished.load()) < 8;) finished.wait(seen);
    EXPECT_EQ(most.load(), 2);
    EXPECT_EQ(order, expected);
    runtime().watch({});
}

TEST_F(PodLifecycle, PendingPodCanBeRemoved) {
    SandboxOptions options;
    options.max_running = 1;
    use(options);
    ASSERT_TRUE(runtime().start(named("first", bash("sleep 1000"))));
    ASSERT_TRUE(harness().wait("first", PodPhase::running));
    ASSERT_TRUE(runtime().start(named("second", bash("echo never"))));
    EXPECT_EQ((*runtime().find("second"))->phase, PodPhase::pending);
    ASSERT_TRUE(runtime().remove("second"));
    const auto last = harness().wait("second", PodPhase::finished);
    EXPECT_EQ(last->result->outcome, PodOutcome::deleted);
    EXPECT_THAT(harness().phases("second"), ElementsAre(PodPhase::pending, PodPhase::finished));
    ASSERT_TRUE(runtime().remove("first"));
}

TEST_F(PodLifecycle, NumberOfKeptPodsIsBounded) {
    SandboxOptions options;
    options.max_running = 1;
    options.max_pods = 2;
    use(options);
    ASSERT_TRUE(runtime().start(named("one", bash("exit 0"))));
    ASSERT_TRUE(runtime().start(named("two", bash("exit 0"))));
    const auto third = runtime().start(named("three", bash("exit 0")));
    ASSERT_FALSE(third);
    EXPECT_TRUE(third.error().retryable());
    EXPECT_THAT(third.error().message, HasSubstr("max_pods"));
    ASSERT_TRUE(harness().wait("one", PodPhase::finished));
    ASSERT_TRUE(runtime().remove("one"));
    EXPECT_TRUE(runtime().start(named("three", bash("exit 0"))));
    ASSERT_TRUE(harness().wait("three", PodPhase::finished));
}

TEST_F(PodLifecycle, RejectedStatusIsReportedAgain) {
    std::atomic<int> refusals{0};
    std::atomic<int> finished{0};
    std::mutex mutex;
    std::map<std::string, std::vector<PodPhase>> accepted;
    runtime().watch([&](const PodStatus& status) {
        if (status.pod_name == "refused" && status.phase == PodPhase::running && refusals < 3) {
            ++refusals;
            if (refusals == 2) throw std::runtime_error{"broken observer"};
            return false;
        }
        const std::lock_guard lock{mutex};
        accepted[status.pod_name].push_back(status.phase);
        if (status.phase == PodPhase::finished) {
            ++finished;
            finished.notify_all();
        }
        return true;
    });
    ASSERT_TRUE(runtime().start(named("refused", bash("exit 0"))));
    ASSERT_TRUE(runtime().start(named("other", bash("exit 0"))));
    for (int seen = 0; (seen = finished.load()) < 2;) finished.wait(seen);
    runtime().watch({});
    EXPECT_EQ(refusals.load(), 3);
    for (const char* name : {"refused", "other"}) {
        EXPECT_THAT(accepted[name], ElementsAre(PodPhase::pending, PodPhase::scheduled,
                                                PodPhase::running, PodPhase::finished));
    }
}

TEST_F(PodLifecycle, LateObserverGetsTheCurrentStatus) {
    runtime().watch({});
    ASSERT_TRUE(runtime().start(named("one", bash("exit 0"))));
    while ((*runtime().find("one"))->phase != PodPhase::finished) std::this_thread::yield();
    std::atomic<bool> told{false};
    runtime().watch([&](const PodStatus& status) {
        EXPECT_EQ(status.phase, PodPhase::finished);
        EXPECT_TRUE(status.result);
        told = true;
        told.notify_all();
        return true;
    });
    told.wait(false);
    runtime().watch({});
}

TEST_F(PodLifecycle, ObserverMayCallTheRuntime) {
    std::atomic<bool> removed{false};
    runtime().watch([&](const PodStatus& status) {
        if (status.phase == PodPhase::running) {
            EXPECT_TRUE(runtime().list());
            EXPECT_TRUE(runtime().remove(status.pod_name));
            removed = true;
            removed.notify_all();
        }
        return true;
    });
    ASSERT_TRUE(runtime().start(named("one", bash("sleep 1000"))));
    removed.wait(false);
    runtime().watch({});
    EXPECT_TRUE(runtime().list()->empty());
}

TEST_F(PodLifecycle, DestroyingTheRuntimeKillsItsPods) {
    const std::string mark = long_sleep(4);
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(runtime().start(named("pod" + std::to_string(i), bash("sleep " + mark))));
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(harness().wait("pod" + std::to_string(i), PodPhase::running));
    harness().destroy();
    EXPECT_EQ(processes_with(mark), 0);
    EXPECT_EQ(children(), "");
}

TEST_F(PodLifecycle, ManyPodsLeakNothing) {
    for (int i = 0; i < 10; ++i) testing::SandboxTest::run(named("warm", bash("exit 0")));
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 200; ++i) {
        const std::string name = "pod" + std::to_string(i);
        ASSERT_TRUE(runtime().start(named(name, bash("echo x; exit 1"))));
        if (i < 8) continue;
        const std::string old = "pod" + std::to_string(i - 8);
        ASSERT_TRUE(harness().wait(old, PodPhase::finished));
        ASSERT_TRUE(runtime().remove(old));
    }
    for (int i = 192; i < 200; ++i)
        ASSERT_TRUE(harness().wait("pod" + std::to_string(i), PodPhase::finished));
    // A pod is reported as finished a moment before its last descriptor is closed.
    const auto until = std::chrono::steady_clock::now() + patience;
    while (open_descriptors() > before && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    EXPECT_LE(open_descriptors(), before);
    EXPECT_EQ(children(), "");
}

/// What a SIGKILL of the whole program does to its pods.
TEST(PodRuntimeRestart, PodsDieWithTheProgramAndAreNotListedAfterwards) {
    const std::string mark = long_sleep(5);
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t program = ::fork();
    if (program == 0) {
        testing::Harness harness;
        bool good = harness.works();
        if (good) {
            good =
                harness.runtime().start(named("one", bash("sleep " + mark + " & sleep " + mark))) &&
                harness.wait("one", PodPhase::running);
        }
        while (good && processes_with(mark) < 2) std::this_thread::yield();
        const char answer = good ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) == 1)
            for (;;) ::pause();
        ::_exit(1);
    }
    ::close(ready[1]);
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    ::kill(program, SIGKILL);
    ::waitpid(program, nullptr, 0);
    ::close(ready[0]);
    if (answer != 'y') GTEST_SKIP() << "no sandbox";
    const auto until = std::chrono::steady_clock::now() + patience;
    while (processes_with(mark) != 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    EXPECT_EQ(processes_with(mark), 0);
    testing::Harness again;
    ASSERT_TRUE(again.works()) << again.error();
    EXPECT_THAT(*again.runtime().list(), IsEmpty());
}

}  // namespace
}  // namespace integr8s::runtime
