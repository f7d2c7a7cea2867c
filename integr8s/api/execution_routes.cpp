// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "integr8s/api/api_context.hpp"
#include "integr8s/api/problem.hpp"
#include "integr8s/api/requests.hpp"

namespace integr8s::api {
namespace {

using quipu::HttpRequest;
using quipu::HttpResponse;

/// The package that provides a known language that is not installed.
const runtime::MissingLanguage* missing_language(const ExecutionService& service,
                                                 const std::string& name) {
    const auto& missing = service.languages().missing;
    const auto found = std::ranges::find(missing, name, &runtime::MissingLanguage::name);
    return found == missing.end() ? nullptr : &*found;
}

HttpResponse submit(ExecutionService& service, const HttpRequest& request) {
    auto body = quipu::from_json<SubmitBody>(request.body);
    if (!body) return problem(body.error(), "body");
    if (const auto* missing = missing_language(service, body->language)) {
        return HttpResponse::problem(422, "language_not_installed",
                                     "language " + missing->name +
                                         " is not installed; install the Debian package " +
                                         missing->package);
    }
    const SubmitRequest wanted{.script = std::move(body->script),
                               .language = std::move(body->language),
                               .version = std::move(body->language_version).value_or(""),
                               .timeout_seconds = body->timeout_seconds,
                               .priority = body->priority,
                               .user_id = user_of(request)};
    const auto key = request.header("Idempotency-Key").value_or("");
    const auto submitted = service.submit(wanted, key);
    if (!submitted) {
        // Here ErrorCode::limit means the size of the script, not a rate.
        if (submitted.error().code == quipu::ErrorCode::limit) {
            return HttpResponse::error(submitted.error());
        }
        return problem(submitted.error());
    }
    const ExecutionRow& row = submitted->row;
    auto response =
        json_response(submitted->repeated ? 200 : 201, SubmitReply{row.execution_id, row.status});
    response.headers.emplace_back("Location", "/api/v1/executions/" + row.execution_id);
    return response;
}

HttpResponse show(const ExecutionService& service, const HttpRequest& request) {
    const auto row = service.get(request.path_param("id"));
    return row ? json_response(200, *row) : problem(row.error());
}

HttpResponse script(const ExecutionService& service, const HttpRequest& request) {
    auto text = service.script(request.path_param("id"));
    return text ? HttpResponse::text(200, std::move(*text)) : problem(text.error());
}

HttpResponse result(const ExecutionService& service, const HttpRequest& request) {
    auto found = service.result(request.path_param("id"));
    if (!found) return problem(found.error());
    return json_response(200, result_view(found->row, std::move(found->stdout_bytes),
                                          std::move(found->stderr_bytes)));
}

/// One output of a script, byte for byte.
HttpResponse output(const ExecutionService& service, const HttpRequest& request,
                    std::string ExecutionResult::* bytes) {
    auto found = service.result(request.path_param("id"));
    if (!found) return problem(found.error());
    HttpResponse response;
    response.body = std::move((*found).*bytes);
    response.content_type = "application/octet-stream";
    // A browser must not render a script's output as a page of this server.
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
    return response;
}

HttpResponse cancel(ExecutionService& service, const HttpRequest& request) {
    const auto row = service.cancel(request.path_param("id"), user_of(request));
    return row ? json_response(200, SubmitReply{row->execution_id, row->status})
               : problem(row.error());
}

}  // namespace

void add_execution_routes(quipu::HttpServer& server, const ApiContext& context) {
    ExecutionService& service = context.service;
    add_route(server, "POST", "/executions",
              [&service](const HttpRequest& request) { return submit(service, request); });
    add_route(server, "GET", "/executions/{id}",
              [&service](const HttpRequest& request) { return show(service, request); });
    add_route(server, "GET", "/executions/{id}/script",
              [&service](const HttpRequest& request) { return script(service, request); });
    add_route(server, "GET", "/executions/{id}/result",
              [&service](const HttpRequest& request) { return result(service, request); });
    add_route(server, "GET", "/executions/{id}/stdout", [&service](const HttpRequest& request) {
        return output(service, request, &ExecutionResult::stdout_bytes);
    });
    add_route(server, "GET", "/executions/{id}/stderr", [&service](const HttpRequest& request) {
        return output(service, request, &ExecutionResult::stderr_bytes);
    });
    add_route(server, "POST", "/executions/{id}/cancel",
              [&service](const HttpRequest& request) { return cancel(service, request); });
}

}  // namespace integr8s::api
