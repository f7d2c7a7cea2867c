// SPDX-License-Identifier: Apache-2.0
// Output arrives byte by byte as it was written, up to a limit that never blocks or kills silently.
#include <gmock/gmock.h>

#include "integr8s/runtime/harness.hpp"

namespace integr8s::runtime {
namespace {

using testing::bash;
using testing::python;
using namespace std::chrono_literals;

class PodOutput : public testing::SandboxTest {};

TEST_F(PodOutput, EveryByteValueArrives) {
    const PodResult result =
        run(python("import sys\n"
                   "sys.stdout.buffer.write(bytes(range(256)) * 3)\n"
                   "sys.stderr.buffer.write(bytes(reversed(range(256))))\n"));
    std::string up;
    std::string down;
    for (int round = 0; round < 3; ++round)
        for (int value = 0; value < 256; ++value) up.push_back(static_cast<char>(value));
    for (int value = 255; value >= 0; --value) down.push_back(static_cast<char>(value));
    EXPECT_EQ(result.stdout_bytes, up);
    EXPECT_EQ(result.stderr_bytes, down);
    EXPECT_FALSE(result.stdout_truncated);
}

TEST_F(PodOutput, TextOfAnyLanguageArrives) {
    const std::string text = "žluťoučký kůň \u6f22\u5b57 \U0001F40E \xff\xfe broken";
    const PodResult result =
        run(bash("printf '%s' '" + text + "'; printf '%s' '" + text + "' >&2"));
    EXPECT_EQ(result.stdout_bytes, text);
    EXPECT_EQ(result.stderr_bytes, text);
}

TEST_F(PodOutput, OutputThatLooksLikeProtocolFramesIsOutput) {
    const std::string text = "STDOUT 4\nabc\nSTDERR 0\nexit_code 7\n";
    const PodResult result = run(bash("printf '%s' '" + text + "'"));
    EXPECT_EQ(result.stdout_bytes, text);
    EXPECT_EQ(result.exit_code, 0);
}

TEST_F(PodOutput, ManyLinesArrive) {
    const PodResult result = run(bash("for ((i = 0; i < 20000; i++)); do echo line$i; done"));
    std::string expected;
    for (int i = 0; i < 20000; ++i) expected += "line" + std::to_string(i) + "\n";
    EXPECT_EQ(result.stdout_bytes, expected);
    EXPECT_FALSE(result.stdout_truncated);
}

TEST_F(PodOutput, NoOutputIsEmpty) {
    const PodResult result = run(bash("exit 0"));
    EXPECT_EQ(result.stdout_bytes, "");
    EXPECT_EQ(result.stderr_bytes, "");
    EXPECT_FALSE(result.stdout_truncated || result.stderr_truncated);
}

TEST_F(PodOutput, OutputBeyondTheLimitIsTruncatedAndTheScriptContinues) {
    PodSpec spec = bash("head -c 2M /dev/zero | tr '\\0' 'x'; echo end >&2; exit 5");
    const PodResult result = run(spec);
    EXPECT_EQ(result.outcome, PodOutcome::exited);
    EXPECT_EQ(result.exit_code, 5);
    EXPECT_EQ(result.stdout_bytes, std::string(1U << 20, 'x'));
    EXPECT_TRUE(result.stdout_truncated);
    EXPECT_EQ(result.stderr_bytes, "end\n");
    EXPECT_FALSE(result.stderr_truncated);
}

TEST_F(PodOutput, LimitIsExact) {
    PodSpec spec = bash("printf 12345678; printf 123456789 >&2");
    spec.limits.output_bytes = 8;
    const PodResult result = run(spec);
    EXPECT_EQ(result.stdout_bytes, "12345678");
    EXPECT_FALSE(result.stdout_truncated);
    EXPECT_EQ(result.stderr_bytes, "12345678");
    EXPECT_TRUE(result.stderr_truncated);
}

TEST_F(PodOutput, FloodEndsThePod) {
    SandboxOptions options;
    options.flood_bytes = 8U << 20;
    use(options);
    const PodResult result = run(bash("cat /dev/zero"));
    EXPECT_EQ(result.outcome, PodOutcome::output_limit);
    EXPECT_EQ(result.stdout_bytes.size(), 1U << 20);
    EXPECT_TRUE(result.stdout_truncated);
}

TEST_F(PodOutput, ClosingOutputsDoesNotEndThePod) {
    const PodResult result = run(bash("echo one; exec >&- 2>&-; sleep 0.2; exit 4"));
    EXPECT_EQ(result.outcome, PodOutcome::exited);
    EXPECT_EQ(result.exit_code, 4);
    EXPECT_EQ(result.stdout_bytes, "one\n");
}

}  // namespace
}  // namespace integr8s::runtime
