// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/http/message.hpp"

namespace quipu::http {

/// How the end of a response's body is told to the peer.
enum class BodyEnd { by_length, by_chunks, by_close };

struct WriteOptions {
    bool head_request = false;
    bool keep_alive = true;
    BodyEnd body_end = BodyEnd::by_length;
};

/// True when `response` has a status and headers that can be sent.
[[nodiscard]] bool can_be_sent(const HttpResponse& response) noexcept;

/// Status line, headers and, with BodyEnd::by_length, the body as bytes to send. `response` must
/// be one that can be sent.
[[nodiscard]] std::string write_response(const HttpResponse& response, const WriteOptions& options);

/// One chunk around `data`, which is not empty; and the end of a chunked body.
[[nodiscard]] std::string write_chunk(std::string_view data);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// True for a header name (or a method) that can be sent; for a value without line breaks or NUL.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

}  // namespace quipu::http
