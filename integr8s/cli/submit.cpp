// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "integr8s/cli/api_client.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/options.hpp"
#include "integr8s/cli/report.hpp"
#include "integr8s/cli/timeline.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/event/id.hpp"

namespace integr8s::cli {
namespace {

Answer<std::string> read_script(const std::filesystem::path& file) {
    if (file == "-") {
        return std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    std::ifstream in(file, std::ios::binary);
    std::string script(std::istreambuf_iterator<char>(in), {});
    if (in.bad() || !in.is_open() || std::filesystem::is_directory(file)) {
        return std::unexpected(Failure{ExitCode::usage, "cannot read " + file.string()});
    }
    return script;
}

Answer<api::SubmitBody> make_request(const SubmitOptions& options) {
    auto script = read_script(options.file);
    if (!script) return std::unexpected(script.error());
    std::string language = options.language.empty() ? language_of(options.file) : options.language;
    if (language.empty()) {
        return std::unexpected(Failure{
            ExitCode::usage, "the ending of " + options.file.string() +
                                 " tells no language; name it with --language, such as python"});
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

}  // namespace

int run_submit(const quipu::CommandContext& context) {
    const auto options = parse_submit(context.arguments);
    if (!options) return wrong_usage("submit", options.error());
    const auto request = make_request(*options);
    if (!request) return report(request.error());
    const ApiClient client(context.http_address);
    // Sent again after a lost answer, it is still one execution.
    const std::string key = options->key.empty() ? quipu::new_id() : options->key;
    const auto accepted = client.submit(*request, key);
    if (!accepted) return report(accepted.error());
    const std::string& id = accepted->execution_id;
    if (!options->follow) {
        if (context.json) {
            std::cout << quipu::to_json(*accepted).value_or("{}") << '\n';
        } else {
            std::cout << id << '\n';
        }
        return to_int(ExitCode::done);
    }
    const bool pretty = !options->raw && !context.json;
    if (pretty) std::cout << "execution " << id << '\n' << std::flush;
    const auto result = follow(client, id, pretty);
    if (!result) return report(result.error());
    return show_result(*result, context.json, options->raw);
}

}  // namespace integr8s::cli
