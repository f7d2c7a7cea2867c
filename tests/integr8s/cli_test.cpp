// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <sstream>

#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/submit.hpp"
#include "integr8s/cli/timeline.hpp"

namespace integr8s::cli {
namespace {

using ::testing::HasSubstr;

std::expected<SubmitOptions, std::string> parse_submit(quipu::CommandLine::Texts words) {
    SubmitOptions options;
    quipu::CommandLine line("submit");
    add_submit_options(line.root(), options);
    if (auto parsed = line.parse(std::move(words)); !parsed) return std::unexpected(parsed.error());
    return options;
}

/// What is wrong with the words after a command's name; empty when nothing is.
std::string fault_of(const quipu::CustomCommand& command, quipu::CommandLine::Texts words) {
    quipu::CommandLine line(command.name);
    command.options(line.root());
    const auto parsed = line.parse(std::move(words));
    return parsed ? "" : parsed.error();
}

TEST(CliOptions, SubmitReadsAllOptions) {
    const auto options =
        parse_submit({"job.py", "--language", "bash", "--timeout", "20", "--priority", "high",
                      "--key", "k", "--language-version", "5", "--follow"});
    ASSERT_TRUE(options) << options.error();
    EXPECT_EQ(options->file, "job.py");
    EXPECT_EQ(options->language, "bash");
    EXPECT_EQ(options->timeout_seconds, 20);
    EXPECT_EQ(options->priority, QueuePriority::high);
    EXPECT_EQ(options->key, "k");
    EXPECT_EQ(options->version, "5");
    EXPECT_TRUE(options->follow);
    EXPECT_FALSE(options->raw());
}

TEST(CliOptions, RawOutputImpliesWaiting) {
    const auto options = parse_submit({"-", "--output", "raw"});
    ASSERT_TRUE(options) << options.error();
    EXPECT_TRUE(options->raw());
    EXPECT_TRUE(options->waits());
}

TEST(CliOptions, WrongOptionsAreNamed) {
    EXPECT_FALSE(parse_submit({}));
    EXPECT_FALSE(parse_submit({"a.py", "b.py"}));
    EXPECT_FALSE(parse_submit({"a.py", "--timeout", "0"}));
    EXPECT_FALSE(parse_submit({"a.py", "--output", "blue"}));
    const auto wrong = parse_submit({"a.py", "--priority", "soon"});
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error(), HasSubstr("--priority"));
}

TEST(CliOptions, CommandsRejectOptionsOfOthers) {
    EXPECT_EQ(fault_of(result_command(), {}), "ID is required");
    EXPECT_EQ(fault_of(result_command(), {"id", "--output", "raw"}), "");
    EXPECT_EQ(fault_of(cancel_command(), {"id"}), "");
    EXPECT_EQ(fault_of(cancel_command(), {"id", "--output", "raw"}), "unknown option '--output'");
    EXPECT_EQ(fault_of(languages_command(), {"python"}), "unexpected argument 'python'");
    EXPECT_EQ(fault_of(ready_command(), {"--wait", "-1"}), "--wait: must be between 0 and 86400");
}

TEST(CliOptions, LanguageFollowsTheFileExtension) {
    EXPECT_EQ(language_of("x/job.py"), "python");
    EXPECT_EQ(language_of("job.sh"), "bash");
    EXPECT_EQ(language_of("job.mjs"), "node");
    EXPECT_EQ(language_of("job.cc"), "cpp");
    EXPECT_EQ(language_of("job"), "");
    EXPECT_EQ(language_of("-"), "");
}

api::FrameView frame(std::string type, int milliseconds, std::string payload) {
    return {.event_type = std::move(type),
            .execution_id = "e",
            .timestamp = quipu::Time{std::chrono::milliseconds{1'700'000'000'000 + milliseconds}},
            .event_id = "id",
            .payload = quipu::Json{std::move(payload)}};
}

TEST(CliTimeline, TimesCountFromTheFirstEvent) {
    std::ostringstream out;
    Timeline timeline(out);
    api::FrameView status = frame("status", 500, "{}");
    status.event_id.reset();
    timeline.add(status);
    timeline.add(frame("execution_requested", 0, R"({"language":"python"})"));
    timeline.add(frame("saga_started", 20, "{}"));
    timeline.add(frame("pod_running", 1234, R"({"pod_name":"executor-e","node_name":"local"})"));
    EXPECT_EQ(out.str(),
              "   0.000 s  execution_requested       language python\n"
              "   0.020 s  saga_started\n"
              "   1.234 s  pod_running               node local\n");
}

TEST(CliTimeline, FactsAreShortAndSafeOnATerminal) {
    EXPECT_EQ(facts_of({R"({"language":"python","language_version":"3.11","priority":"low"})"}),
              "language python 3.11, priority low");
    EXPECT_EQ(facts_of({R"({"exit_code":0,"resource_usage":{"a":1},"node_name":null})"}),
              "exit code 0");
    EXPECT_EQ(facts_of({"{\"reason\":\"a\x7f"
                        "b\"}"}),
              "reason a b");
    EXPECT_EQ(facts_of({R"({"pod_name":"p1"})"}), "pod p1");
    EXPECT_EQ(facts_of({"nonsense"}), "");
}

api::ResultView result(ExecutionStatus status) {
    return {.execution_id = "e",
            .status = status,
            .outcome = "exited",
            .reason = {},
            .stdout_ = {},
            .stderr_ = {},
            .stored_at = {}};
}

TEST(CliTimeline, OutcomeNamesWhatHappened) {
    auto completed = result(ExecutionStatus::completed);
    completed.exit_code = 0;
    completed.resource_usage = ResourceUsage{.execution_time_wall_seconds = 0.5,
                                             .cpu_time_jiffies = 1,
                                             .clk_tck_hertz = 100,
                                             .peak_memory_kb = 2048};
    EXPECT_EQ(outcome_line(completed), "completed: exit code 0, 0.50 s, 2.0 MiB");
    auto killed = result(ExecutionStatus::failed);
    killed.outcome = "out_of_memory";
    killed.error_type = ExecutionErrorType::resource_limit;
    killed.reason = "too much";
    EXPECT_EQ(outcome_line(killed), "failed: out_of_memory, resource_limit (too much)");
}

TEST(CliTimeline, OutputsAreTheExactBytes) {
    auto view = result(ExecutionStatus::completed);
    view.stdout_ = "a?";
    view.stdout_base64 = "Yf8=";
    view.stderr_ = "oh\n";
    view.stderr_truncated = true;
    std::ostringstream out;
    write_result(out, view);
    EXPECT_THAT(out.str(), HasSubstr("stdout:\na\xff\n"));
    EXPECT_THAT(out.str(), HasSubstr("stderr (truncated at the limit):\noh\n"));
}

}  // namespace
}  // namespace integr8s::cli
