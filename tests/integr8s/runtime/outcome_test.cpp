// SPDX-License-Identifier: Apache-2.0
// The ways in which a pod can end are distinguished.
#include <gmock/gmock.h>

#include <csignal>

#include "integr8s/runtime/harness.hpp"

namespace integr8s::runtime {
namespace {

using testing::bash;
using testing::has_language;
using ::testing::HasSubstr;
using testing::python;
using testing::script_of;
using namespace std::chrono_literals;

class PodOutcomes : public testing::SandboxTest {
  protected:
    /// Only with a memory cgroup can it be detected that the kernel killed a script for its memory.
    bool memory_cgroup() { return runtime().describe().find(", memory") != std::string::npos; }
};

TEST_F(PodOutcomes, EveryInstalledLanguageRuns) {
    const std::map<std::string, std::string> scripts{
        {"python", "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)\n"},
        {"bash", "echo out; echo err >&2; exit 3\n"},
        {"node", "console.log('out'); console.error('err'); process.exit(3);\n"},
        {"cpp",
         "#include <iostream>\n"
         "int main() { std::cout << \"out\\n\"; std::cerr << \"err\\n\"; return 3; }\n"},
    };
    ASSERT_FALSE(available_languages().empty());
    for (const Language& language : available_languages()) {
        SCOPED_TRACE(language.name);
        const PodResult result = run(script_of(language.name, scripts.at(language.name)));
        EXPECT_EQ(result.outcome, PodOutcome::exited) << result.reason << result.stderr_bytes;
        EXPECT_EQ(result.exit_code, 3) << result.stderr_bytes;
        EXPECT_EQ(result.stdout_bytes, "out\n");
        EXPECT_EQ(result.stderr_bytes, "err\n");
        EXPECT_EQ(result.reason, "");
    }
}

TEST_F(PodOutcomes, ExitCodeIsTheScriptsOwn) {
    // 137 and 139 are what a shell makes of a kill and a crash: here they are nothing but numbers.
    for (const int code : {0, 1, 2, 126, 127, 128, 137, 139, 152, 255}) {
        const PodResult result = run(bash("exit " + std::to_string(code)));
        EXPECT_EQ(result.outcome, PodOutcome::exited) << code;
        EXPECT_EQ(result.exit_code, code);
        EXPECT_EQ(result.signal, 0);
    }
}

TEST_F(PodOutcomes, CompileErrorIsAnExitWithTheCompilersOutput) {
    if (!has_language("cpp")) GTEST_SKIP() << "no g++";
    const PodResult result = run(script_of("cpp", "int main() { return nonsense; }\n"));
    EXPECT_EQ(result.outcome, PodOutcome::exited);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.stderr_bytes, HasSubstr("nonsense"));
}

TEST_F(PodOutcomes, CrashIsReportedWithItsSignal) {
    for (const int signal : {SIGSEGV, SIGABRT, SIGTERM, SIGKILL, SIGPIPE}) {
        const PodResult result = run(bash("echo before; kill -" + std::to_string(signal) + " $$"));
        EXPECT_EQ(result.outcome, PodOutcome::crashed) << signal;
        EXPECT_EQ(result.signal, signal);
        EXPECT_EQ(result.exit_code, -1);
        EXPECT_EQ(result.stdout_bytes, "before\n");
    }
}

TEST_F(PodOutcomes, RealSegmentationFaultCrashes) {
    if (!has_language("cpp")) GTEST_SKIP() << "no g++";
    const PodResult result =
        run(script_of("cpp", "int main() { volatile int* p = nullptr; *p = 1; }\n"));
    EXPECT_EQ(result.outcome, PodOutcome::crashed) << result.stderr_bytes;
    EXPECT_EQ(result.signal, SIGSEGV);
    EXPECT_THAT(result.reason, HasSubstr("SIGSEGV"));
}

TEST_F(PodOutcomes, TimeoutKeepsTheOutputSoFar) {
    PodSpec spec = bash("echo before; sleep 1000; echo after");
    spec.timeout = 2s;
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::timeout);
    EXPECT_EQ(result.stdout_bytes, "before\n");
    EXPECT_EQ(result.exit_code, -1);
    EXPECT_GE(result.wall_seconds, 2.0);
    EXPECT_THAT(result.reason, HasSubstr("2000 ms"));
}

TEST_F(PodOutcomes, TimeoutCannotBeIgnored) {
    PodSpec spec = bash("trap '' TERM INT HUP QUIT; echo deaf; while :; do sleep 1; done");
    spec.timeout = 2s;
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::timeout);
    EXPECT_EQ(result.stdout_bytes, "deaf\n");
}

TEST_F(PodOutcomes, ProcessorTimeLimitIsATimeout) {
    PodSpec spec = bash("while :; do :; done");
    spec.limits.cpu_seconds = 1;
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::timeout);
    EXPECT_THAT(result.reason, HasSubstr("processor time"));
    EXPECT_GE(result.cpu_time_jiffies, result.clk_tck_hertz / 2);
}

TEST_F(PodOutcomes, MemoryLimitIsReportedAsOutOfMemory) {
    if (!memory_cgroup()) GTEST_SKIP() << runtime().describe();
    PodSpec spec = python("print('before')\nx = bytearray(400 << 20)\nprint('after')\n");
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::out_of_memory) << result.reason;
    EXPECT_EQ(result.exit_code, -1);
    EXPECT_EQ(result.stdout_bytes, "before\n");
    EXPECT_GT(result.peak_memory_kb, 100U << 10);
    EXPECT_LE(result.peak_memory_kb, 128U << 10);
}

TEST_F(PodOutcomes, MemoryLimitCoversAllProcessesTogether) {
    if (!memory_cgroup()) GTEST_SKIP() << runtime().describe();
    const PodResult result =
        run(python("import os, time\n"
                   "for i in range(4):\n"
                   "    if os.fork() == 0:\n"
                   "        x = bytearray(60 << 20)\n"
                   "        time.sleep(20)\n"
                   "        os._exit(0)\n"
                   "for i in range(4):\n"
                   "    pid, status = os.wait()\n"
                   "    if os.WIFSIGNALED(status): os._exit(9)\n"));
    EXPECT_EQ(result.outcome, PodOutcome::out_of_memory) << result.reason;
}

TEST_F(PodOutcomes, MemoryLimitCoversScratchFiles) {
    if (!memory_cgroup()) GTEST_SKIP() << runtime().describe();
    PodSpec spec = bash("for i in 1 2 3 4; do head -c 30M /dev/zero > file$i; done; echo after");
    spec.limits.memory_bytes = 64U << 20;
    spec.limits.scratch_bytes = 256U << 20;
    EXPECT_EQ(run(spec).outcome, PodOutcome::out_of_memory);
}

TEST_F(PodOutcomes, MissingCommandIsASystemError) {
    PodSpec spec = bash("exit 0");
    spec.pod_name = "absent";
    spec.command = {"/usr/bin/no-such-program"};
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::system_error);
    EXPECT_THAT(result.reason, HasSubstr("/usr/bin/no-such-program"));
    EXPECT_THAT(result.reason, HasSubstr("No such file"));
    EXPECT_THAT(harness().phases("absent"), ::testing::Not(::testing::Contains(PodPhase::running)));
}

TEST_F(PodOutcomes, UsageIsMeasured) {
    const PodResult result =
        run(python("import time\n"
                   "end = time.process_time() + 0.4\n"
                   "x = bytearray(30 << 20)\n"
                   "while time.process_time() < end: pass\n"));
    EXPECT_EQ(result.outcome, PodOutcome::exited) << result.stderr_bytes;
    EXPECT_GT(result.clk_tck_hertz, 0U);
    EXPECT_GE(result.cpu_time_jiffies, result.clk_tck_hertz * 3 / 10);
    EXPECT_GE(result.wall_seconds, 0.4);
    EXPECT_GT(result.peak_memory_kb, 30U << 10);
}

TEST_F(PodOutcomes, ProcessorTimeOfKilledProcessesCounts) {
    PodSpec spec = bash("(while :; do :; done) & sleep 1000");
    spec.timeout = 2s;
    spec.limits.cpu_millicores = 1000;
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::timeout);
    EXPECT_GT(result.cpu_time_jiffies, 0U);
}

}  // namespace
}  // namespace integr8s::runtime
