// SPDX-License-Identifier: Apache-2.0
#include "integr8s/cli/api_client.hpp"

#include <charconv>
#include <thread>
#include <utility>

#include "quipu/codec/json.hpp"

namespace integr8s::cli {
namespace {

constexpr std::string_view root = "/api/v1";
constexpr std::size_t answer_bytes_max = 64 << 20;

quipu::HttpClientOptions options_for(const std::string& address) {
    quipu::HttpClientOptions options;
    const std::size_t colon = address.rfind(':');
    std::string_view host = std::string_view(address).substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (!host.empty()) options.host = host;
    if (colon != std::string::npos) {
        const char* const digits = address.data() + colon + 1;
        std::from_chars(digits, address.data() + address.size(), options.port);
    }
    options.body_bytes_max = answer_bytes_max;
    options.event_bytes_max = answer_bytes_max;
    return options;
}

template <class T>
Answer<T> read_as(const std::string& body) {
    quipu::DecodeOptions options;
    options.max_bytes = answer_bytes_max;
    auto object = quipu::from_json<T>(body, options);
    if (object) return std::move(*object);
    return std::unexpected(CommandError{
        ExitCode::unreachable, "unexpected answer of integr8s: " + object.error().summary()});
}

CommandError refusal(const quipu::HttpReply& reply) {
    const auto problem = quipu::from_json<api::ProblemReply>(reply.body);
    const std::string text =
        problem ? problem->detail : "answered with status " + std::to_string(reply.status);
    if (problem && problem->type == "language_not_installed") return {ExitCode::no_language, text};
    if (reply.status == 404) return {ExitCode::failed, text};
    return {reply.status >= 500 ? ExitCode::unreachable : ExitCode::usage, text};
}

}  // namespace

ApiClient::ApiClient(std::string_view address)
    : address_(address.empty() ? "127.0.0.1:8080" : address), http_(options_for(address_)) {}

CommandError ApiClient::command_error(const quipu::Error& error) const {
    if (error.code == quipu::ErrorCode::unavailable) {
        return {ExitCode::unreachable, "no integr8s is running at " + address_ +
                                           "; start it with `integr8s run --http " + address_ +
                                           "`, or name another with --http"};
    }
    return {ExitCode::unreachable, "integr8s at " + address_ + ": " + error.message};
}

Answer<quipu::HttpReply> ApiClient::call(std::string_view method, const std::string& target,
                                         const quipu::HttpFields& headers,
                                         std::string_view body) const {
    auto reply = http_.request(method, target, headers, body);
    if (!reply) return std::unexpected(command_error(reply.error()));
    if (reply->status >= 300) return std::unexpected(refusal(*reply));
    return std::move(*reply);
}

Answer<api::SubmitReply> ApiClient::submit(const api::SubmitBody& request,
                                           const std::string& idempotency_key) const {
    const auto body = quipu::to_json(request);
    if (!body) {
        return std::unexpected(CommandError{ExitCode::usage, "the script is not UTF-8 text"});
    }
    quipu::HttpFields headers{{"Content-Type", "application/json"}};
    if (!idempotency_key.empty()) headers.emplace_back("Idempotency-Key", idempotency_key);
    const auto reply = call("POST", std::string(root) + "/executions", headers, *body);
    if (!reply) return std::unexpected(reply.error());
    return read_as<api::SubmitReply>(reply->body);
}

Answer<void> ApiClient::cancel(std::string_view execution_id) const {
    const auto reply = call("POST", std::string(root) + "/executions/" +
                                        quipu::percent_encode(execution_id) + "/cancel");
    if (!reply) return std::unexpected(reply.error());
    return {};
}

Answer<api::ResultView> ApiClient::result(std::string_view execution_id) const {
    const auto reply = get("/executions/" + quipu::percent_encode(execution_id) + "/result");
    if (!reply) return std::unexpected(reply.error());
    return read_as<api::ResultView>(*reply);
}

Answer<std::string> ApiClient::get(std::string_view target) const {
    auto reply = call("GET", std::string(root) + std::string(target));
    if (!reply) return std::unexpected(reply.error());
    return std::move(reply->body);
}

Answer<void> ApiClient::follow(
    std::string_view execution_id,
    const std::function<void(const api::FrameView&, std::int64_t position)>& on_frame,
    std::chrono::milliseconds patience) const {
    using Clock = std::chrono::steady_clock;
    const std::string target =
        std::string(root) + "/events/executions/" + quipu::percent_encode(execution_id);
    quipu::DecodeOptions decode;
    decode.max_bytes = answer_bytes_max;
    std::string last_id;
    Clock::time_point deadline = Clock::now() + patience;
    while (true) {
        bool ended = false;
        quipu::HttpFields headers;
        if (!last_id.empty()) headers.emplace_back("Last-Event-ID", last_id);
        const auto end = http_.stream(target, headers, [&](const quipu::SseEvent& event) {
            const auto frame = quipu::from_json<api::FrameView>(event.data, decode);
            if (!frame) return true;
            std::int64_t position = 0;
            std::from_chars(event.id.data(), event.id.data() + event.id.size(), position);
            if (!event.id.empty()) last_id = event.id;
            deadline = Clock::now() + patience;
            on_frame(*frame, position);
            ended = event.event == "result_stored" || event.event == "result_failed";
            return !ended;
        });
        if (ended) return {};
        const bool again = end || end.error().retryable();
        if (!again || Clock::now() >= deadline) {
            if (!end) return std::unexpected(command_error(end.error()));
            return std::unexpected(
                CommandError{ExitCode::unreachable, "the event stream ended without a result"});
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
}

Answer<std::string> ApiClient::readiness() const {
    struct Ready {
        std::vector<std::string> because;
    };
    const auto reply = http_.request("GET", "/readyz");
    if (!reply) return std::unexpected(command_error(reply.error()));
    if (reply->status == 200) return std::string{};
    std::string reasons;
    if (const auto ready = quipu::from_json<Ready>(reply->body)) {
        for (const std::string& reason : ready->because) reasons += reason + "\n";
    }
    return reasons.empty() ? "it gives no reason\n" : reasons;
}

}  // namespace integr8s::cli
