// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "integr8s/api/system_views.hpp"
#include "integr8s/cli/api_client.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/options.hpp"
#include "integr8s/cli/report.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s::cli {

int run_result(const quipu::CommandContext& context) {
    const auto options = parse_execution(context.arguments, true);
    if (!options) return wrong_usage("result", options.error());
    const auto result = ApiClient(context.http_address).result(options->execution_id);
    if (!result) return report(result.error());
    return show_result(*result, context.json, options->raw);
}

int run_cancel(const quipu::CommandContext& context) {
    const auto options = parse_execution(context.arguments, false);
    if (!options) return wrong_usage("cancel", options.error());
    const auto done = ApiClient(context.http_address).cancel(options->execution_id);
    if (!done) return report(done.error());
    return to_int(ExitCode::done);
}

int run_languages(const quipu::CommandContext& context) {
    if (!context.arguments.empty()) return wrong_usage("languages", "it takes no arguments");
    const auto body = ApiClient(context.http_address).get("/languages");
    if (!body) return report(body.error());
    if (context.json) {
        std::cout << *body << '\n';
        return to_int(ExitCode::done);
    }
    const auto view = quipu::from_json<api::LanguagesView>(*body);
    if (!view) return report({ExitCode::unreachable, view.error().summary()});
    for (const auto& language : view->languages) {
        std::cout << language.name << ' ' << language.version << '\n';
    }
    for (const auto& language : view->missing) {
        std::cout << language.name << ": not installed; the Debian package is " << language.package
                  << '\n';
    }
    return to_int(ExitCode::done);
}

int run_ready(const quipu::CommandContext& context) {
    using Clock = std::chrono::steady_clock;
    const auto options = parse_ready(context.arguments);
    if (!options) return wrong_usage("ready", options.error());
    const ApiClient client(context.http_address);
    const auto give_up = Clock::now() + options->wait;
    while (true) {
        const auto reasons = client.readiness();
        if (reasons && reasons->empty()) return to_int(ExitCode::done);
        if (Clock::now() >= give_up) {
            if (!reasons) return report(reasons.error());
            std::cerr << "integr8s at " << client.address() << " is not ready:\n" << *reasons;
            return to_int(ExitCode::failed);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
}

}  // namespace integr8s::cli
