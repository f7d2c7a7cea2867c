// SPDX-License-Identifier: Apache-2.0
// Machines that are less well off: no bubblewrap, a broken one, no cgroups, an ordinary user.
#include <gmock/gmock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "integr8s/runtime/harness.hpp"

namespace integr8s::runtime {
namespace {

using testing::bash;
using ::testing::HasSubstr;
using testing::python;
using namespace std::chrono_literals;

/// A program in place of bubblewrap.
class FakeBwrap {
  public:
    explicit FakeBwrap(const std::string& script)
        : path_(std::filesystem::temp_directory_path() /
                ("fake-bwrap-" + std::to_string(::getpid()))) {
        std::ofstream{path_} << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(path_, std::filesystem::perms{0755});
    }
    ~FakeBwrap() { std::filesystem::remove(path_); }
    FakeBwrap(const FakeBwrap&) = delete;
    FakeBwrap& operator=(const FakeBwrap&) = delete;

    [[nodiscard]] std::string error() const {
        SandboxOptions options;
        options.bwrap_path = path_;
        options.setup_timeout = 1s;
        const auto made = make_sandbox_runtime(options);
        return made ? "it works" : made.error().message;
    }

  private:
    std::filesystem::path path_;
};

TEST(SandboxProbe, MissingBubblewrapIsNamed) {
    SandboxOptions options;
    options.bwrap_path = "/nowhere/bwrap";
    const auto made = make_sandbox_runtime(options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, quipu::ErrorCode::unavailable);
    EXPECT_THAT(made.error().message, HasSubstr("/nowhere/bwrap"));
}

TEST(SandboxProbe, ForbiddenNamespacesAreExplained) {
    const std::string error =
        FakeBwrap{"echo 'bwrap: No permissions to create new namespace' >&2; exit 1"}.error();
    EXPECT_THAT(error, HasSubstr("No permissions to create new namespace"));
    EXPECT_THAT(error, HasSubstr("user.max_user_namespaces"));
}

TEST(SandboxProbe, HiddenProcIsExplained) {
    const std::string error =
        FakeBwrap{"echo \"bwrap: Can't mount proc on /newroot/proc\" >&2; exit 1"}.error();
    EXPECT_THAT(error, HasSubstr("systempaths=unconfined"));
}

TEST(SandboxProbe, BubblewrapThatDoesNothingIsRejected) {
    EXPECT_THAT(FakeBwrap{"exit 0"}.error(), HasSubstr("does not work"));
}

TEST(SandboxProbe, BubblewrapThatHangsIsRejected) {
    EXPECT_THAT(FakeBwrap{"exec sleep 1000"}.error(), HasSubstr("not ready in time"));
}

TEST(SandboxProbe, BubblewrapThatCannotBeExecutedIsNamed) {
    const std::string error = [] {
        SandboxOptions options;
        options.bwrap_path = "/usr/bin";
        const auto made = make_sandbox_runtime(options);
        return made ? "it works" : made.error().message;
    }();
    EXPECT_THAT(error, HasSubstr("Permission denied"));
}

TEST(SandboxProbe, OptionsAreChecked) {
    SandboxOptions options;
    options.max_running = 0;
    const auto made = make_sandbox_runtime(options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, quipu::ErrorCode::invalid);
    EXPECT_THAT(made.error().message, HasSubstr("max_running"));
}

class PodsWithoutCgroups : public testing::SandboxTest {
  protected:
    void SetUp() override {
        SandboxOptions options;
        options.use_cgroups = false;
        use(options);
    }
};

TEST_F(PodsWithoutCgroups, MemoryIsStillBounded) {
    EXPECT_THAT(runtime().describe(), HasSubstr("never reported"));
    const PodResult result =
        run(python("try: x = bytearray(400 << 20)\nexcept MemoryError: print('bounded')\n"));
    EXPECT_EQ(result.outcome, PodOutcome::exited) << result.reason;
    EXPECT_EQ(result.stdout_bytes, "bounded\n");
}

TEST_F(PodsWithoutCgroups, EveryInstalledLanguageStillRuns) {
    const std::map<std::string, std::string> scripts{
        {"python", "print(1)"},
        {"bash", "echo 1"},
        {"node", "console.log(1)"},
        {"cpp", "#include <cstdio>\nint main() { std::puts(\"1\"); }\n"}};
    for (const Language& language : available_languages()) {
        const PodResult result = run(testing::script_of(language.name, scripts.at(language.name)));
        EXPECT_EQ(result.stdout_bytes, "1\n") << language.name << result.stderr_bytes;
    }
}

TEST_F(PodsWithoutCgroups, ProcessesAreStillBounded) {
    PodSpec spec = python(
        "import os, time\n"
        "count = 0\n"
        "try:\n"
        "    while count < 1000:\n"
        "        if os.fork() == 0: time.sleep(1000)\n"
        "        count += 1\n"
        "except OSError:\n"
        "    print(count)\n");
    spec.limits.processes = 20;
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::exited) << result.reason;
    if (::geteuid() == 0) {
        EXPECT_EQ(result.stdout_bytes, "19\n");
    }
}

TEST_F(PodsWithoutCgroups, TimeoutStillKillsEverything) {
    PodSpec spec = bash("(setsid sleep 1000 &); trap '' TERM; sleep 1000");
    spec.timeout = 200ms;
    EXPECT_EQ(run(spec).outcome, PodOutcome::timeout);
}

TEST_F(PodsWithoutCgroups, DirectoryWithoutCgroupIsExplained) {
    SandboxOptions options;
    const auto directory =
        std::filesystem::temp_directory_path() / ("no-cgroup-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory);
    options.cgroup_parent = directory;
    use(options);
    EXPECT_THAT(runtime().describe(), HasSubstr("cannot be delegated"));
    EXPECT_EQ(run(bash("exit 3")).exit_code, 3);
    EXPECT_TRUE(std::filesystem::is_empty(directory));
    std::filesystem::remove(directory);
}

class PodsWithoutSandbox : public testing::SandboxTest {
  protected:
    void SetUp() override {
        SandboxOptions options;
        options.unsafe_no_sandbox = true;
        use(options);
    }
};

TEST_F(PodsWithoutSandbox, DescriptionSaysThatThereIsNoSandbox) {
    EXPECT_THAT(runtime().describe(), HasSubstr("NO SANDBOX"));
}

TEST_F(PodsWithoutSandbox, RunsWithTheSameOutcomes) {
    PodResult result = run(bash("echo $HOME; pwd; exit 7"));
    EXPECT_EQ(result.outcome, PodOutcome::exited) << result.reason;
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_EQ(result.stdout_bytes.substr(0, result.stdout_bytes.size() / 2),
              result.stdout_bytes.substr(result.stdout_bytes.size() / 2));
    EXPECT_EQ(run(bash("kill -SEGV $$")).outcome, PodOutcome::crashed);
    PodSpec spec = bash("exit 0");
    spec.command = {"/nowhere/program"};
    EXPECT_EQ(run(spec).outcome, PodOutcome::system_error);
}

TEST_F(PodsWithoutSandbox, KillsOrphansAndRemovesItsDirectory) {
    const std::string mark = testing::long_sleep(6);
    PodSpec spec =
        bash("(setsid bash -c 'trap \"\" TERM; touch up; sleep " + mark + "; sleep " + mark +
             "' &)\n"
             "until [ -e up ]; do sleep 0.01; done; pwd; sleep 1000");
    spec.timeout = 2s;
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::timeout);
    const std::string directory = result.stdout_bytes.substr(0, result.stdout_bytes.find('\n'));
    EXPECT_THAT(directory, HasSubstr("integr8s-pod-"));
    EXPECT_FALSE(std::filesystem::exists(directory));
    EXPECT_EQ(testing::processes_with(mark), 0);
}

/// The exit code of `body` in a process of an ordinary user.
template <class Body>
int as_ordinary_user(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
        constexpr unsigned int user = 60'590;
        if (::setgid(user) != 0 || ::setuid(user) != 0) ::_exit(99);
        ::_exit(body());
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

int run_one_pod() {
    // With core dumps off, as a program that holds secrets has them.
    ::prctl(PR_SET_DUMPABLE, 0);
    testing::Harness harness;
    if (!harness.works()) {
        std::fprintf(stderr, "%s\n", harness.error().c_str());
        return 97;
    }
    const PodResult result = harness.run(bash("ls /root /home 2>/dev/null; id -u; exit 42"));
    return result.stdout_bytes == "1000\n" ? result.exit_code : 96;
}

TEST(PodsOfAnOrdinaryUser, RunInTheSandbox) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
    // Sanitizers want no thread left at the fork.
    if (std::getenv("INTEGR8S_TEST_WITHOUT_SANDBOX") != nullptr && !make_sandbox_runtime({}))
        GTEST_SKIP() << "no sandbox";
    EXPECT_EQ(as_ordinary_user(run_one_pod), 42);
}

}  // namespace
}  // namespace integr8s::runtime
