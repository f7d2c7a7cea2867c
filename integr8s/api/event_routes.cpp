// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <limits>
#include <utility>

#include "integr8s/api/api_context.hpp"
#include "integr8s/api/problem.hpp"

namespace integr8s::api {
namespace {

using quipu::HttpRequest;
using quipu::HttpResponse;

constexpr std::size_t events_max = 200;

/// Parses a non-negative integer; nothing for any other text.
std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = wrong == std::errc{} && end == text.data() + text.size() && value >= 0;
    return good ? std::optional(value) : std::nullopt;
}

/// Adds the event types of a list "a,b" to the query. Returns a problem for an unknown one.
std::optional<HttpResponse> add_types(quipu::EventQuery& query, std::string_view list,
                                      const quipu::EventTypes& types) {
    while (!list.empty()) {
        const std::string_view name = list.substr(0, list.find(','));
        list.remove_prefix(std::min(name.size() + 1, list.size()));
        if (types.find(name) == nullptr) {
            return bad_value(
                "query", "types",
                "unknown event type; did you mean '" + std::string(types.nearest(name)) + "'?");
        }
        query.event_types.emplace_back(name);
    }
    return std::nullopt;
}

HttpResponse events(const ApiContext& context, const HttpRequest& request) {
    quipu::EventQuery query;
    const std::string_view id = request.path_param("id");
    if (const auto row = context.service.get(id); !row) return problem(row.error());
    query.where = {quipu::where_text("execution_id", id)};
    if (const auto limit = request.query_param("limit")) {
        const auto number = whole_number(*limit);
        if (!number || *number < 1 || *number > static_cast<std::int64_t>(events_max)) {
            return bad_value("query", "limit", "must be 1 to " + std::to_string(events_max));
        }
        query.limit = static_cast<std::size_t>(*number);
    }
    if (const auto types = request.query_param("types")) {
        if (auto wrong = add_types(query, *types, context.types)) return std::move(*wrong);
    }
    query.cursor = request.query_param("cursor").value_or("");
    auto page = context.store.query(query);
    if (!page) return problem(page.error());
    EventsView view;
    for (quipu::Record& record : page->records) {
        view.events.push_back({.position = record.position,
                               .sequence = record.sequence,
                               .event = {std::move(record.body)}});
    }
    if (!page->next_cursor.empty()) view.next_cursor = std::move(page->next_cursor);
    return json_response(200, view);
}

/// Whether the execution has ended and has no event after position `after`.
bool nothing_follows(const ApiContext& context, const std::string& id, std::int64_t after) {
    const auto result = find_result(context.service, id);
    if (!result || !*result) return false;
    quipu::EventQuery newest;
    newest.where = {quipu::where_text("execution_id", id)};
    newest.newest_first = true;
    newest.limit = 1;
    const auto page = context.store.query(newest);
    return page && (page->records.empty() || page->records.front().position <= after);
}

HttpResponse stream(const ApiContext& context, const HttpRequest& request) {
    std::string id(request.path_param("id"));
    if (const auto row = context.service.get(id); !row) return problem(row.error());
    std::int64_t after = 0;
    if (const auto last = request.last_event_id(); !last.empty()) {
        const auto number = whole_number(last);
        if (!number) return bad_value("header", "Last-Event-ID", "must be the id of an event");
        after = *number;
        // Status 204 makes a browser stop reconnecting (HTML standard, server-sent events).
        if (nothing_follows(context, id, after)) return HttpResponse::no_content();
    }
    return HttpResponse::event_stream(
        [source = context.streams, id = std::move(id), after](quipu::SseStream opened) {
            ExecutionStream::open(std::move(opened), source, id, after);
        });
}

}  // namespace

void add_event_routes(quipu::HttpServer& server, const ApiContext& context) {
    add_route(server, "GET", "/executions/{id}/events",
              [&context](const HttpRequest& request) { return events(context, request); });
    add_route(server, "GET", "/events/executions/{id}",
              [&context](const HttpRequest& request) { return stream(context, request); });
}

}  // namespace integr8s::api
