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

/// A token for SASL's OAUTHBEARER: a signed JSON Web Token (RFC 7519). Whether it is genuine is the
/// broker's to find out.
struct Token {
    std::string text;
    std::string principal;  ///< the claim `sub`
    std::int64_t expires_ms = 0;
};

constexpr std::size_t max_token_bytes = 64 << 10;

/// Errors: invalid. The message holds nothing of the token.
[[nodiscard]] Result<Token> parse_token(std::string text);
/// A file's only content, but for white space around it. Errors: unavailable, invalid; both name
/// the file.
[[nodiscard]] Result<Token> read_token(const std::string& path);

/// The path of a URL "file:///PATH", as Kafka's Java clients write it; nothing for other URLs.
/// Errors: invalid, for one of a file that names no path from the root.
[[nodiscard]] Result<std::optional<std::string>> token_path(std::string_view url);

/// Clients that are made of this configuration read their token from the file, first and whenever
/// four fifths of its time are over; a file that holds no good token is read again after ten
/// seconds. On a thread of librdkafka's, once serve_tokens() was called.
void use_token_file(rd_kafka_conf_t* conf, const std::string& path);
/// For every client; does nothing for those without such a file.
void serve_tokens(rd_kafka_t* client);

}  // namespace quipu::kafka
