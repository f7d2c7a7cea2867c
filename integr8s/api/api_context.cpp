// SPDX-License-Identifier: Apache-2.0
#include "integr8s/api/api_context.hpp"

namespace integr8s::api {

void add_route(quipu::HttpServer& server, const std::string& method, std::string_view pattern,
               const quipu::HttpHandler& handler) {
    server.route(method, "/api/v1" + std::string(pattern), handler);
    server.route(method, pattern, handler);
}

std::string user_of(const quipu::HttpRequest& request) {
    const auto named = request.header("X-User-Id");
    return named && !named->empty() ? std::string(*named) : "anonymous";
}

quipu::Result<std::optional<ResultView>> find_result(const ExecutionService& service,
                                                     const std::string& execution_id) {
    auto found = service.result(execution_id);
    if (found) {
        return result_view(found->row, std::move(found->stdout_bytes),
                           std::move(found->stderr_bytes));
    }
    if (found.error().code == quipu::ErrorCode::not_found) return std::nullopt;
    return std::unexpected(std::move(found.error()));
}

}  // namespace integr8s::api
