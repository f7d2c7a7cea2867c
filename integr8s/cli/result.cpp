// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "integr8s/cli/api_client.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/report.hpp"

namespace integr8s::cli {
namespace {

struct ResultOptions {
    std::string execution_id;
    std::string output = "pretty";
};

int show(const quipu::CommandContext& context, const ResultOptions& options) {
    const auto result = ApiClient(context.http_address).result(options.execution_id);
    if (!result) return report(result.error());
    return show_result(*result, context.json, options.output == "raw");
}

}  // namespace

quipu::CustomCommand result_command() {
    const auto options = std::make_shared<ResultOptions>();
    return {.name = "result",
            .summary = "Show the result of a script",
            .examples =
                "  integr8s result ID\n"
                "  integr8s result ID --output raw > out.txt\n"
                "  integr8s result ID --json\n"
                "\n"
                "Exit codes: 0 the script succeeded; 1 it failed, or there is no result; "
                "3 integr8s is unreachable.",
            .run = [options](const auto& context) { return show(context, *options); },
            .options =
                [options](auto command) {
                    command.add("ID", options->execution_id, "Id of the execution").required();
                    command
                        .add("--output",
                             quipu::CommandLine::Value::one_of(options->output, {"pretty", "raw"}),
                             "pretty, or raw: the script's own bytes on standard output and "
                             "standard error")
                        .placeholder("FORMAT");
                },
            .uses_store = false};
}

}  // namespace integr8s::cli
