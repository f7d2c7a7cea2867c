// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/api/execution_feed.hpp"
#include "integr8s/api/execution_stream.hpp"
#include "integr8s/domain/execution_service.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/http/server.hpp"
#include "quipu/store/store.hpp"

namespace integr8s::api {

/// The dependencies of the routes. Must outlive the server.
struct ApiContext {
    ExecutionService& service;
    quipu::Store& store;
    const quipu::EventTypes& types;
    ExecutionFeed& feed;
    std::int64_t slots;  ///< executions that may run at the same time
    std::shared_ptr<const StreamSource> streams;
};

/// Adds a route under /api/v1, and the same without that prefix.
void add_route(quipu::HttpServer& server, const std::string& method, std::string_view pattern,
               const quipu::HttpHandler& handler);

/// `object` as the body of a response, or 500.
template <class T>
[[nodiscard]] quipu::HttpResponse json_response(int status, const T& object) {
    auto text = quipu::to_json(object);
    return text ? quipu::HttpResponse::json(status, std::move(*text))
                : quipu::HttpResponse::error(text.error());
}

/// The user who sends a request: header X-User-Id, or "anonymous". There is no authentication, so
/// anyone who can reach the server can claim any name; it listens on the loopback interface only.
[[nodiscard]] std::string user_of(const quipu::HttpRequest& request);

/// The result as the API shows it; empty if there is none yet.
[[nodiscard]] quipu::Result<std::optional<ResultView>> find_result(const ExecutionService& service,
                                                                   const std::string& execution_id);

// POST /executions, GET /executions/{id}, .../script, .../result, .../stdout, .../stderr,
// POST .../cancel
void add_execution_routes(quipu::HttpServer& server, const ApiContext& context);
// GET /executions/{id}/events, GET /events/executions/{id} (server-sent events)
void add_event_routes(quipu::HttpServer& server, const ApiContext& context);
// GET /languages, GET /queue
void add_system_routes(quipu::HttpServer& server, const ApiContext& context);

}  // namespace integr8s::api
