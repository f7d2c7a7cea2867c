// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/token.hpp"

#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <fstream>
#include <utility>

#include "quipu/base/base64.hpp"

namespace quipu::kafka {
namespace {

// Late enough for every token, and still an integer in milliseconds.
constexpr double max_seconds = 1e11;

/// Decodes base64url without padding (RFC 4648, section 5).
std::optional<std::string> from_base64_url(std::string text) {
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    text.append((4 - text.size() % 4) % 4, '=');
    return from_base64(text);
}

/// The text without the surrounding white space that editors and shells leave in a file.
std::string trim(const std::string& text) {
    constexpr std::string_view spaces = " \t\r\n";
    const auto first = text.find_first_not_of(spaces);
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

std::unexpected<Error> bad_token(std::string_view why) {
    return fail(ErrorCode::invalid, fmt::format("no JSON Web Token: {}", why));
}

void refresh(rd_kafka_t* client, const char* path, void* /*opaque*/) noexcept {
    std::string failure;
    try {
        const auto token = read_token(path);
        if (token) {
            std::array<char, 256> text{};
            const auto code = rd_kafka_oauthbearer_set_token(
                client, token->text.c_str(), token->expires_ms, token->principal.c_str(), nullptr,
                0, text.data(), text.size());
            if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
            failure = fmt::format("{}: {}", path, text.data());
        } else {
            failure = token.error().message;
        }
    } catch (const std::exception& problem) {
        failure = problem.what();
    }
    rd_kafka_oauthbearer_set_token_failure(client, failure.c_str());
}

}  // namespace

Result<Token> parse_token(std::string text) {
    const auto first = text.find('.');
    const auto second = first == std::string::npos ? first : text.find('.', first + 1);
    if (second == std::string::npos || text.find('.', second + 1) != std::string::npos) {
        return bad_token("it does not consist of three parts separated by dots");
    }
    const auto payload = from_base64_url(text.substr(first + 1, second - first - 1));
    simdjson::dom::parser parser;
    simdjson::dom::object claims;
    if (!payload || parser.parse(*payload).get(claims) != simdjson::SUCCESS) {
        return bad_token("its second part is not a JSON object in base64url");
    }
    std::string_view subject;
    if (claims["sub"].get(subject) != simdjson::SUCCESS || subject.empty()) {
        return bad_token("it has no claim sub");
    }
    double expires = 0;
    if (claims["exp"].get(expires) != simdjson::SUCCESS || expires <= 0 || expires >= max_seconds) {
        return bad_token("it has no claim exp, in seconds since 1970");
    }
    Token token;
    token.principal = subject;
    token.expires_ms = static_cast<std::int64_t>(expires * 1000);
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    if (token.expires_ms <= now.count()) {
        return fail(ErrorCode::invalid, fmt::format("the token expired {} s ago",
                                                    (now.count() - token.expires_ms) / 1000));
    }
    token.text = std::move(text);
    return token;
}

Result<Token> read_token(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(max_token_bytes + 1, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.eof()) {
        const bool large = in.is_open() && in.good();
        return large ? fail(ErrorCode::invalid, path + ": the file is too large for a token")
                     : fail(ErrorCode::unavailable, path + ": the file cannot be read");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    auto token = parse_token(trim(text));
    if (!token) token.error().message = path + ": " + token.error().message;
    return token;
}

Result<std::optional<std::string>> token_path(std::string_view url) {
    constexpr std::string_view scheme = "file:";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    if (!url.starts_with("///") || url.size() == 3) {
        return fail(ErrorCode::invalid, "write file:///PATH, with an absolute path");
    }
    return std::string(url.substr(2));
}

void use_token_file(rd_kafka_conf_t* conf, const std::string& path) {
    rd_kafka_conf_enable_sasl_queue(conf, 1);
    // The argument of the function below.
    rd_kafka_conf_set(conf, "sasl.oauthbearer.config", path.c_str(), nullptr, 0);
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, refresh);
}

void serve_tokens(rd_kafka_t* client) {
    // The only possible error is that there are no callbacks to serve.
    const ErrorHandle none(rd_kafka_sasl_background_callbacks_enable(client));
}

}  // namespace quipu::kafka
