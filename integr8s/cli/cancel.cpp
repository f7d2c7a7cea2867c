// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "integr8s/cli/api_client.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/report.hpp"

namespace integr8s::cli {
namespace {

int cancel(const quipu::CommandContext& context, const std::string& execution_id) {
    const auto done = ApiClient(context.http_address).cancel(execution_id);
    if (!done) return report(done.error());
    return to_int(ExitCode::done);
}

}  // namespace

quipu::CustomCommand cancel_command() {
    const auto id = std::make_shared<std::string>();
    return {
        .name = "cancel",
        .summary = "Stop a script",
        .examples = "  integr8s cancel ID",
        .run = [id](const auto& context) { return cancel(context, *id); },
        .options = [id](auto command) { command.add("ID", *id, "Id of the execution").required(); },
        .uses_store = false};
}

}  // namespace integr8s::cli
