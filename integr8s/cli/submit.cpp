// SPDX-License-Identifier: Apache-2.0
#include "integr8s/cli/submit.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <utility>

#include "integr8s/cli/api_client.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/report.hpp"
#include "integr8s/cli/timeline.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/event/id.hpp"

namespace integr8s::cli {
namespace {

using quipu::CommandLine;

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> extensions{{
    {".py", "python"},
    {".sh", "bash"},
    {".bash", "bash"},
    {".js", "node"},
    {".mjs", "node"},
    {".cpp", "cpp"},
    {".cc", "cpp"},
    {".cxx", "cpp"},
}};

constexpr std::array<std::pair<std::string_view, QueuePriority>, 5> priorities{{
    {"critical", QueuePriority::critical},
    {"high", QueuePriority::high},
    {"normal", QueuePriority::normal},
    {"low", QueuePriority::low},
    {"background", QueuePriority::background},
}};

CommandLine::Take take_priority(std::optional<QueuePriority>& to) {
    return [&to](const CommandLine::Texts& texts) -> CommandLine::Taken {
        const auto* const found =
            std::ranges::find(priorities, texts.front(), [](const auto& p) { return p.first; });
        if (found == priorities.end()) {
            return std::unexpected("must be critical, high, normal, low or background");
        }
        to = found->second;
        return {};
    };
}

Answer<std::string> read_script(const std::filesystem::path& file) {
    if (file == "-") {
        return std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    std::ifstream in(file, std::ios::binary);
    std::string script(std::istreambuf_iterator<char>(in), {});
    if (in.bad() || !in.is_open() || std::filesystem::is_directory(file)) {
        return std::unexpected(CommandError{ExitCode::usage, "cannot read " + file.string()});
    }
    return script;
}

Answer<api::SubmitBody> make_request(const SubmitOptions& options) {
    auto script = read_script(options.file);
    if (!script) return std::unexpected(script.error());
    std::string language = options.language.empty() ? language_of(options.file) : options.language;
    if (language.empty()) {
        return std::unexpected(CommandError{
            ExitCode::usage,
            "the extension of " + options.file.string() +
                " belongs to no known language; choose one with --language, such as python"});
    }
    return api::SubmitBody{
        .script = std::move(*script),
        .language = std::move(language),
        .language_version = options.version.empty() ? std::nullopt : std::optional(options.version),
        .timeout_seconds = options.timeout_seconds,
        .priority = options.priority};
}

Answer<api::ResultView> follow(const ApiClient& client, const std::string& execution_id,
                               bool with_timeline) {
    Timeline timeline(std::cout);
    std::optional<api::ResultView> result;
    const auto ended = client.follow(execution_id, [&](const api::FrameView& frame, std::int64_t) {
        if (with_timeline) timeline.add(frame);
        if (frame.result) result = frame.result;
    });
    if (!ended) return std::unexpected(ended.error());
    if (result) return std::move(*result);
    return client.result(execution_id);
}

int submit(const quipu::CommandContext& context, const SubmitOptions& options) {
    const auto request = make_request(options);
    if (!request) return report(request.error());
    const ApiClient client(context.http_address);
    // With a key, sending the request again after a lost response starts no second execution.
    const std::string key = options.key.empty() ? quipu::new_id() : options.key;
    const auto accepted = client.submit(*request, key);
    if (!accepted) return report(accepted.error());
    const std::string& id = accepted->execution_id;
    if (!options.waits()) {
        if (context.json) {
            std::cout << quipu::to_json(*accepted).value_or("{}") << '\n';
        } else {
            std::cout << id << '\n';
        }
        return to_int(ExitCode::done);
    }
    const bool pretty = !options.raw() && !context.json;
    if (pretty) std::cout << "execution " << id << '\n' << std::flush;
    const auto result = follow(client, id, pretty);
    if (!result) return report(result.error());
    return show_result(*result, context.json, options.raw());
}

}  // namespace

void add_submit_options(CommandLine::Command command, SubmitOptions& options) {
    command.add("FILE", options.file, "The script; - reads it from standard input").required();
    command
        .add("--language", options.language,
             "python, bash, node or cpp (by the extension of the file)")
        .placeholder("NAME");
    command.add("--language-version", options.version, "Fail unless this version is installed")
        .placeholder("VERSION");
    command
        .add("--timeout", {options.timeout_seconds, CommandLine::at_least(1)},
             "Longest run time of the script")
        .placeholder("SECONDS");
    command
        .add("--priority", take_priority(options.priority),
             "critical, high, normal, low or background (normal)")
        .placeholder("PRIORITY");
    command.add("--key", options.key, "Idempotency key: the same key and script run only once")
        .placeholder("KEY");
    command.add_flag("--follow", options.follow,
                     "Show each event as it happens, then the output and the outcome");
    command
        .add("--output", CommandLine::Value::one_of(options.output, {"pretty", "raw"}),
             "pretty, or raw: wait, then write the script's own bytes to standard output and "
             "standard error")
        .placeholder("FORMAT");
}

std::string language_of(const std::filesystem::path& file) {
    const std::string extension = file.extension().string();
    const auto* const found =
        std::ranges::find(extensions, extension, [](const auto& e) { return e.first; });
    return found == extensions.end() ? std::string{} : std::string(found->second);
}

quipu::CustomCommand submit_command() {
    const auto options = std::make_shared<SubmitOptions>();
    return {.name = "submit",
            .summary = "Run a script",
            .examples =
                "  integr8s submit hello.py --follow\n"
                "  integr8s submit job.sh --timeout 20 --priority high\n"
                "  integr8s submit - --language node --output raw < script.js > out.txt\n"
                "\n"
                "Exit codes: 0 accepted, or with --follow: the script succeeded; 1 it "
                "failed; 2 wrong usage or\n"
                "rejected; 3 integr8s is unreachable; 4 the language is not installed there.",
            .run = [options](const auto& context) { return submit(context, *options); },
            .options = [options](auto command) { add_submit_options(command, *options); },
            .uses_store = false};
}

}  // namespace integr8s::cli
