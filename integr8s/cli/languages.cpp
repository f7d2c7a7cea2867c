// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "integr8s/api/system_views.hpp"
#include "integr8s/cli/api_client.hpp"
#include "integr8s/cli/commands.hpp"
#include "integr8s/cli/report.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s::cli {
namespace {

int list_languages(const quipu::CommandContext& context) {
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

}  // namespace

quipu::CustomCommand languages_command() {
    return {.name = "languages",
            .summary = "List the languages that scripts can be written in",
            .examples = "  integr8s languages",
            .run = list_languages,
            .options = [](auto) {},
            .uses_store = false};
}

}  // namespace integr8s::cli
