// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/api_context.hpp"
#include "integr8s/api/problem.hpp"
#include "integr8s/api/queue_view.hpp"

namespace integr8s::api {
namespace {

LanguagesView languages_view(const runtime::Languages& languages) {
    LanguagesView view;
    for (const auto& language : languages.available) {
        view.languages.push_back({language.name, language.version, language.image});
    }
    for (const auto& language : languages.missing) {
        view.missing.push_back({language.name, language.package});
    }
    return view;
}

}  // namespace

void add_system_routes(quipu::HttpServer& server, const ApiContext& context) {
    add_route(server, "GET", "/languages", [&context](const quipu::HttpRequest&) {
        return json_response(200, languages_view(context.service.languages()));
    });
    add_route(server, "GET", "/queue", [&context](const quipu::HttpRequest&) {
        const auto view = read_queue(context.store, context.slots);
        return view ? json_response(200, *view) : problem(view.error());
    });
}

}  // namespace integr8s::api
