#include "integr8s/cli/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <utility>

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

std::optional<std::string> parse(CLI::App& app, std::vector<std::string> arguments) {
    // CLI11 takes a vector from its end.
    std::ranges::reverse(arguments);
    try {
        app.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
        return error.what();
    }
    return std::nullopt;
}

}  // namespace

std::expected<SubmitOptions, std::string> parse_submit(const std::vector<std::string>& arguments) {
    static const std::map<std::string, QueuePriority> priorities{
        {"critical", QueuePriority::critical},
        {"high", QueuePriority::high},
        {"normal", QueuePriority::normal},
        {"low", QueuePriority::low},
        {"background", QueuePriority::background}};
    SubmitOptions options;
    std::string output = "pretty";
    std::string priority;
    CLI::App app;
    app.set_help_flag();
    app.add_option("FILE", options.file)->required();
    app.add_option("--language", options.language);
    app.add_option("--language-version", options.version);
    app.add_option("--timeout", options.timeout_seconds)->check(CLI::PositiveNumber);
    app.add_option("--priority", priority)->check(CLI::IsMember(priorities));
    app.add_option("--key", options.key);
    app.add_flag("--follow", options.follow);
    app.add_option("--output", output)->check(CLI::IsMember({"pretty", "raw"}));
    if (auto wrong = parse(app, arguments)) return std::unexpected(std::move(*wrong));
    if (!priority.empty()) options.priority = priorities.at(priority);
    options.raw = output == "raw";
    options.follow = options.follow || options.raw;
    return options;
}

std::expected<ExecutionOptions, std::string> parse_execution(
    const std::vector<std::string>& arguments, bool takes_raw) {
    ExecutionOptions options;
    std::string output = "pretty";
    CLI::App app;
    app.set_help_flag();
    app.add_option("ID", options.execution_id)->required();
    if (takes_raw) {
        app.add_option("--output", output)->check(CLI::IsMember({"pretty", "raw"}));
    }
    if (auto wrong = parse(app, arguments)) return std::unexpected(std::move(*wrong));
    options.raw = output == "raw";
    return options;
}

std::expected<ReadyOptions, std::string> parse_ready(const std::vector<std::string>& arguments) {
    ReadyOptions options;
    int seconds = 0;
    CLI::App app;
    app.set_help_flag();
    app.add_option("--wait", seconds)->check(CLI::Range(0, 86'400));
    if (auto wrong = parse(app, arguments)) return std::unexpected(std::move(*wrong));
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
