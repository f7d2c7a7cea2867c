// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/app_routes.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "quipu/app/control/protocol.hpp"
#include "quipu/app/control/user_name.hpp"
#include "quipu/app/runtime/running_app.hpp"
#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/delivery/publisher.hpp"
#include "quipu/delivery/rewind.hpp"
#include "quipu/http/server.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct ReadyReply {
    std::string status;
    std::vector<std::string> because;
    std::vector<std::string> details = {};
};

}  // namespace views

namespace {

template <class T>
HttpResponse reply(int status, const T& object) {
    auto text = to_json(object);
    return text ? HttpResponse::json(status, std::move(*text)) : HttpResponse::error(text.error());
}

/// Shows the whole message: the peer is the owner of the store, on the same machine.
HttpResponse failure(const Error& error) {
    return HttpResponse::problem(http_status_of(error.code), to_string(error.code), error.message);
}

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::string> parameter(const HttpRequest& request, std::string_view name) {
    const auto value = request.query_param(name);
    return value ? std::optional<std::string>(*value) : std::nullopt;
}

HttpResponse publish(RunningApp& app, const HttpRequest& request) {
    PublishOptions options;
    options.aggregate_id = parameter(request, "aggregate_id");
    options.user_id = parameter(request, "user_id");
    options.key = parameter(request, "key").value_or("");
    options.event_id = parameter(request, "event_id").value_or("");
    if (const auto expected = request.query_param("expected_sequence")) {
        options.expected_sequence = number(*expected);
        if (!options.expected_sequence) {
            return failure({ErrorCode::invalid, "expected_sequence is not a number"});
        }
    }
    auto done = app.publisher().publish_json(request.path_param("type"), request.body, options);
    if (!done) return failure(done.error());
    return reply(200, PublishReply{.event_id = std::move(done->event_id),
                                   .position = done->position,
                                   .sequence = done->sequence,
                                   .duplicate = done->duplicate});
}

HttpResponse wait_published(RunningApp& app, const HttpRequest& request) {
    const auto position = number(request.path_param("position"));
    const auto timeout = number(parameter(request, "timeout_ms").value_or("0"));
    if (!position || !timeout) {
        return failure({ErrorCode::invalid, "the position or the timeout is missing"});
    }
    const auto waited = app.wait_published(
        *position, std::min(std::chrono::milliseconds{*timeout}, control_wait_max));
    return waited ? HttpResponse::json(200, "{}") : failure(waited.error());
}

std::unexpected<Error> not_started() {
    return fail(ErrorCode::unavailable, "the program has not started its groups yet; try again");
}

template <class Change>
HttpResponse change_letter(const HttpRequest& request, Change&& change) {
    const auto id = number(request.path_param("id"));
    if (!id) return failure({ErrorCode::invalid, "the id of the dead letter is not a number"});
    const Result<DeadLetter> letter = change(*id);
    return letter ? HttpResponse::json(200, "{}") : failure(letter.error());
}

/// The user at the other end of a Unix socket; empty for any other connection.
std::string user_of(const HttpRequest& request) {
    constexpr std::string_view of_socket = "unix:uid=";
    const std::string_view peer = request.peer;
    if (!peer.starts_with(of_socket)) return {};
    const auto user = number(peer.substr(of_socket.size()));
    return user ? user_name(static_cast<uid_t>(*user)) : std::string{};
}

Decision decision_in(const HttpRequest& request) {
    auto decision = from_json<ControlDecision>(request.body);
    return {user_of(request), decision ? std::move(decision->reason) : std::string{}};
}

HttpResponse retry_now(RunningApp& app, const HttpRequest& request) {
    const auto position = number(request.path_param("position"));
    if (!position) return failure({ErrorCode::invalid, "the position is no number"});
    if (!app.started()) return failure(not_started().error());
    const auto entry = app.store().retry_now(std::string(request.path_param("group")), *position);
    if (!entry) return failure(entry.error());
    app.delivery().retry_now(*entry);
    return HttpResponse::json(200, "{}");
}

HttpResponse rewind(RunningApp& app, const HttpRequest& request) {
    if (!app.started()) return failure(not_started().error());
    RewindOptions options{.now = now()};
    options.parked = [&](const std::vector<Parked>& entries) { app.delivery().rewound(entries); };
    const auto events = rewind_group(app.store(), std::string(request.path_param("group")),
                                     std::string(request.path_param("type")), options);
    return events ? reply(200, RewindReply{*events}) : failure(events.error());
}

HttpResponse archive(RunningApp& app, const HttpRequest& request) {
    const std::string event_id(request.path_param("event_id"));
    if (!app.started()) return failure(not_started().error());
    Decision decision = decision_in(request);
    auto done = app.store().archive(event_id, std::move(decision.by), std::move(decision.reason));
    if (!done) return failure(done.error());
    if (const auto archived = app.store().archived(event_id); archived && *archived) {
        app.delivery().archived((*archived)->record.position);
    }
    return HttpResponse::json(200, "{}");
}

}  // namespace

void add_health_routes(HttpServer& server, std::function<Readiness()> readiness) {
    server.route("GET", "/healthz", [](const HttpRequest&) {
        return HttpResponse::json(200, R"({"status":"alive"})");
    });
    server.route("GET", "/readyz", [readiness = std::move(readiness)](const HttpRequest&) {
        Readiness now = readiness();
        return reply(now.ready ? 200 : 503,
                     views::ReadyReply{.status = now.ready ? "ready" : "not ready",
                                       .because = std::move(now.because),
                                       .details = std::move(now.details)});
    });
}

void add_status_routes(HttpServer& server, RunningApp& app) {
    add_health_routes(server, [&app] { return app.readiness(); });
    server.route("GET", "/metrics", [&app](const HttpRequest&) {
        HttpResponse response = HttpResponse::text(200, app.metrics());
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        return response;
    });
}

void add_control_routes(HttpServer& server, RunningApp& app) {
    server.route("GET", "/control/status",
                 [&app](const HttpRequest&) { return reply(200, app.status()); });
    server.route("POST", "/control/events/{type}",
                 [&app](const HttpRequest& request) { return publish(app, request); });
    server.route("GET", "/control/published/{position}",
                 [&app](const HttpRequest& request) { return wait_published(app, request); });
    server.route("POST", "/control/parked/{group}/{position}/retry",
                 [&app](const HttpRequest& request) { return retry_now(app, request); });
    server.route("POST", "/control/groups/{group}/rewind/{type}",
                 [&app](const HttpRequest& request) { return rewind(app, request); });
    server.route("POST", "/control/archive/{event_id}",
                 [&app](const HttpRequest& request) { return archive(app, request); });
    server.route("POST", "/control/dead-letters/{id}/requeue", [&app](const HttpRequest& request) {
        return change_letter(request, [&](std::int64_t id) -> Result<DeadLetter> {
            // A group that has not started yet would not learn of it.
            if (!app.started()) return not_started();
            auto letter = app.store().requeue(id, decision_in(request));
            if (letter) app.delivery().requeued(*letter);
            return letter;
        });
    });
    server.route("POST", "/control/dead-letters/{id}/discard", [&app](const HttpRequest& request) {
        return change_letter(request, [&](std::int64_t id) {
            auto letter = app.store().discard(id, decision_in(request));
            if (letter && app.started()) app.delivery().discarded(*letter);
            return letter;
        });
    });
}

}  // namespace quipu
