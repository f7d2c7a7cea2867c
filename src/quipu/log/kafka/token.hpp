// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/log/kafka/handles.hpp"

namespace quipu::kafka {

/// A token for SASL's OAUTHBEARER: a signed JSON Web Token (RFC 7519). The broker checks whether it
/// is genuine.
struct Token {
    std::string text;
    std::string principal;  ///< the claim `sub`
    std::int64_t expires_ms = 0;
};

constexpr std::size_t max_token_bytes = 64 << 10;

/// Parses a token. Errors: invalid. The message contains nothing of the token.
[[nodiscard]] Result<Token> parse_token(std::string text);
/// Reads a token from a file that contains nothing else but white space around it. Errors:
/// unavailable, invalid; both name the file.
[[nodiscard]] Result<Token> read_token(const std::string& path);

/// The path of a URL "file:///PATH", the form of Kafka's Java clients; empty for other URLs.
/// Errors: invalid for a file URL without an absolute path.
[[nodiscard]] Result<std::optional<std::string>> token_path(std::string_view url);

/// Makes clients of this configuration read their token from the file, first and again when four
/// fifths of its lifetime have passed; a file without a valid token is read again after ten
/// seconds. That happens on a thread of librdkafka, once serve_tokens() has been called.
void use_token_file(rd_kafka_conf_t* conf, const std::string& path);
/// To be called for every client. Does nothing for clients without such a file.
void serve_tokens(rd_kafka_t* client);

}  // namespace quipu::kafka
