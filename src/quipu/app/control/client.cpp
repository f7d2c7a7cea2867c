// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/control/client.hpp"

#include <algorithm>
#include <chrono>

#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"

namespace quipu {

namespace {

template <class T>
Result<T> read_reply(const std::string& body) {
    auto reply = from_json<T>(body);
    if (!reply) {
        return fail(ErrorCode::corrupt,
                    "cannot read the answer of the running program: " + reply.error().summary() +
                        "; is it another version of this program?");
    }
    return std::move(*reply);
}

void add_parameter(std::string& target, std::string_view name, std::string_view value) {
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += std::string(name) + "=" + percent_encode(value);
}

}  // namespace

ControlClient::ControlClient(const std::filesystem::path& store_file)
    : socket_(store_file), http_([this] {
          HttpClientOptions options;
          options.unix_socket_path = socket_.path();
          options.connect_timeout = std::chrono::seconds{5};
          options.timeout = std::chrono::seconds{60};
          return options;
      }()) {}

Result<ProgramStatus> ControlClient::status() const {
    auto body = call("GET", "/control/status", {});
    if (!body) return std::unexpected(std::move(body.error()));
    return read_reply<ProgramStatus>(*body);
}

Result<Published> ControlClient::publish(std::string_view event_type, std::string_view json,
                                         const PublishOptions& options) const {
    std::string target = "/control/events/" + percent_encode(event_type);
    if (!options.key.empty()) add_parameter(target, "key", options.key);
    if (!options.event_id.empty()) add_parameter(target, "event_id", options.event_id);
    if (options.aggregate_id) add_parameter(target, "aggregate_id", *options.aggregate_id);
    if (options.user_id) add_parameter(target, "user_id", *options.user_id);
    if (options.expected_sequence) {
        add_parameter(target, "expected_sequence", std::to_string(*options.expected_sequence));
    }
    auto body = call("POST", target, json);
    if (!body) return std::unexpected(std::move(body.error()));
    auto reply = read_reply<PublishReply>(*body);
    if (!reply) return std::unexpected(std::move(reply.error()));
    return Published{reply->event_id, reply->position, reply->sequence, reply->duplicate};
}

Result<void> ControlClient::wait_published(std::int64_t position,
                                           std::chrono::milliseconds timeout) const {
    const auto end = std::chrono::steady_clock::now() + timeout;
    while (true) {
        const auto left = std::max(std::chrono::milliseconds{0},
                                   std::chrono::duration_cast<std::chrono::milliseconds>(
                                       end - std::chrono::steady_clock::now()));
        const auto part = std::min(left, control_wait_max);
        auto body = call("GET",
                         "/control/published/" + std::to_string(position) +
                             "?timeout_ms=" + std::to_string(part.count()),
                         {});
        if (body) return {};
        if (part == left || !body.error().retryable()) return std::unexpected(body.error());
    }
}

Result<void> ControlClient::requeue(std::int64_t id, std::string_view reason) const {
    return decide("/control/dead-letters/" + std::to_string(id) + "/requeue", reason);
}

Result<void> ControlClient::discard(std::int64_t id, std::string_view reason) const {
    return decide("/control/dead-letters/" + std::to_string(id) + "/discard", reason);
}

Result<void> ControlClient::archive(std::string_view event_id, std::string_view reason) const {
    return decide("/control/archive/" + percent_encode(event_id), reason);
}

Result<void> ControlClient::decide(const std::string& target, std::string_view reason) const {
    const auto body = to_json(ControlDecision{to_valid_utf8(reason)});
    if (!body) return std::unexpected(body.error());
    auto reply = call("POST", target, *body);
    if (!reply) return std::unexpected(std::move(reply.error()));
    return {};
}

Result<std::int64_t> ControlClient::rewind(std::string_view group,
                                           std::string_view event_type) const {
    auto body = call(
        "POST",
        "/control/groups/" + percent_encode(group) + "/rewind/" + percent_encode(event_type), {});
    if (!body) return std::unexpected(std::move(body.error()));
    auto reply = read_reply<RewindReply>(*body);
    if (!reply) return std::unexpected(std::move(reply.error()));
    return reply->events;
}

Result<void> ControlClient::retry_now(const std::string& group, std::int64_t position) const {
    auto reply = call(
        "POST",
        "/control/parked/" + percent_encode(group) + "/" + std::to_string(position) + "/retry", {});
    if (!reply) return std::unexpected(std::move(reply.error()));
    return {};
}

Result<std::string> ControlClient::call(std::string_view method, const std::string& target,
                                        std::string_view body) const {
    auto reply =
        http_.request(method, target, {{"content-type", "application/octet-stream"}}, body);
    if (!reply) return std::unexpected(std::move(reply.error()));
    if (reply->status == 200) return std::move(reply->body);
    auto problem = from_json<ControlProblem>(reply->body);
    if (!problem) {
        return fail(ErrorCode::internal,
                    "the running program answered with status " + std::to_string(reply->status));
    }
    return fail(error_code_of(*problem), std::move(problem->detail));
}

}  // namespace quipu
