#include "quipu/app/shell_routes.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "quipu/app/control_protocol.hpp"
#include "quipu/app/http.hpp"
#include "quipu/app/shell.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/delivery/publisher.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

struct ReadyReply {
    std::string status;
    std::vector<std::string> because;
};

}  // namespace views

namespace {

template <class T>
HttpResponse reply(int status, const T& object) {
    auto text = to_json(object);
    return text ? HttpResponse::json(status, std::move(*text)) : HttpResponse::error(text.error());
}

/// With the whole message: the peer is the owner of the store, on the same machine.
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

HttpResponse publish(Shell& shell, const HttpRequest& request) {
    PublishOptions options;
    options.aggregate_id = parameter(request, "aggregate_id");
    options.user_id = parameter(request, "user_id");
    options.key = parameter(request, "key").value_or("");
    options.event_id = parameter(request, "event_id").value_or("");
    if (const auto expected = request.query_param("expected_sequence")) {
        options.expected_sequence = number(*expected);
        if (!options.expected_sequence) {
            return failure({ErrorCode::invalid, "expected_sequence is no number"});
        }
    }
    auto done = shell.publisher().publish_json(request.path_param("type"), request.body, options);
    if (!done) return failure(done.error());
    return reply(200, PublishReply{.event_id = std::move(done->event_id),
                                   .position = done->position,
                                   .sequence = done->sequence,
                                   .duplicate = done->duplicate});
}

template <class Change>
HttpResponse change_letter(const HttpRequest& request, Change&& change) {
    const auto id = number(request.path_param("id"));
    if (!id) return failure({ErrorCode::invalid, "the number of a dead letter is no number"});
    const Result<DeadLetter> letter = change(*id);
    return letter ? HttpResponse::json(200, "{}") : failure(letter.error());
}

}  // namespace

void add_status_routes(HttpServer& server, Shell& shell) {
    server.route("GET", "/healthz", [](const HttpRequest&) {
        return HttpResponse::json(200, R"({"status":"alive"})");
    });
    server.route("GET", "/readyz", [&shell](const HttpRequest&) {
        Readiness readiness = shell.readiness();
        return reply(readiness.ready ? 200 : 503,
                     views::ReadyReply{.status = readiness.ready ? "ready" : "not ready",
                                       .because = std::move(readiness.because)});
    });
    server.route("GET", "/metrics", [&shell](const HttpRequest&) {
        HttpResponse response = HttpResponse::text(200, shell.metrics());
        response.content_type = "text/plain; version=0.0.4; charset=utf-8";
        return response;
    });
}

void add_control_routes(HttpServer& server, Shell& shell) {
    server.route("GET", "/control/status",
                 [&shell](const HttpRequest&) { return reply(200, shell.status()); });
    server.route("POST", "/control/events/{type}",
                 [&shell](const HttpRequest& request) { return publish(shell, request); });
    server.route("POST", "/control/dead-letters/{id}/requeue",
                 [&shell](const HttpRequest& request) {
                     return change_letter(request, [&shell](std::int64_t id) {
                         auto letter = shell.store().requeue(id);
                         if (letter) shell.delivery().requeued(*letter);
                         return letter;
                     });
                 });
    server.route("POST", "/control/dead-letters/{id}/discard",
                 [&shell](const HttpRequest& request) {
                     return change_letter(request, [&](std::int64_t id) {
                         return shell.store().discard(id, to_valid_utf8(request.body));
                     });
                 });
}

}  // namespace quipu
