// SPDX-License-Identifier: Apache-2.0
#include "integr8s/cli/options.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "quipu/app/command_line.hpp"

namespace integr8s::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> endings{{
    {".py", "python"},
    {".sh", "bash"},
    {".bash", "bash"},
    {".js", "node"},
    {".mjs", "node"},
    {".cpp", "cpp"},
    {".cc", "cpp"},
    {".cxx", "cpp"},
}};

using quipu::CommandLine;
using Value = CommandLine::Value;

constexpr std::array<std::pair<std::string_view, QueuePriority>, 5> priorities{{
    {"critical", QueuePriority::critical},
    {"high", QueuePriority::high},
    {"normal", QueuePriority::normal},
    {"low", QueuePriority::low},
    {"background", QueuePriority::background},
}};

Value one_of_priorities(std::string& to) {
    CommandLine::Texts names;
    for (const auto& each : priorities) names.emplace_back(each.first);
    return Value::one_of(to, std::move(names));
}

std::optional<QueuePriority> priority_of(std::string_view name) {
    const auto* const found =
        std::ranges::find(priorities, name, [](const auto& p) { return p.first; });
    return found == priorities.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

std::expected<SubmitOptions, std::string> parse_submit(const std::vector<std::string>& arguments) {
    SubmitOptions options;
    std::string output = "pretty";
    std::string priority;
    CommandLine line("submit");
    CommandLine::Command command = line.root();
    command.add("FILE", options.file, "").required();
    command.add("--language", options.language, "");
    command.add("--language-version", options.version, "");
    command.add("--timeout", {options.timeout_seconds, CommandLine::at_least(1)}, "");
    command.add("--priority", one_of_priorities(priority), "");
    command.add("--key", options.key, "");
    command.add_flag("--follow", options.follow, "");
    command.add("--output", Value::one_of(output, {"pretty", "raw"}), "");
    if (auto parsed = line.parse(arguments); !parsed) return std::unexpected(parsed.error());
    options.priority = priority_of(priority);
    options.raw = output == "raw";
    options.follow = options.follow || options.raw;
    return options;
}

std::expected<ExecutionOptions, std::string> parse_execution(
    const std::vector<std::string>& arguments, bool takes_raw) {
    ExecutionOptions options;
    std::string output = "pretty";
    CommandLine line("execution");
    CommandLine::Command command = line.root();
    command.add("ID", options.execution_id, "").required();
    if (takes_raw) command.add("--output", Value::one_of(output, {"pretty", "raw"}), "");
    if (auto parsed = line.parse(arguments); !parsed) return std::unexpected(parsed.error());
    options.raw = output == "raw";
    return options;
}

std::expected<ReadyOptions, std::string> parse_ready(const std::vector<std::string>& arguments) {
    ReadyOptions options;
    int seconds = 0;
    CommandLine line("ready");
    line.root().add("--wait", {seconds, {.least = 0, .most = 86'400}}, "");
    if (auto parsed = line.parse(arguments); !parsed) return std::unexpected(parsed.error());
    options.wait = std::chrono::seconds{seconds};
    return options;
}

std::string language_of(const std::filesystem::path& file) {
    const std::string ending = file.extension().string();
    const auto* const found =
        std::ranges::find(endings, ending, [](const auto& e) { return e.first; });
    return found == endings.end() ? std::string{} : std::string(found->second);
}

}  // namespace integr8s::cli
