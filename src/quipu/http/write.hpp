// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/http/message.hpp"

namespace quipu::http {

/// How the peer learns where a response's body ends.
enum class BodyEnd { by_length, by_chunks, by_close };

struct WriteOptions {
    bool head_request = false;
    bool keep_alive = true;
    BodyEnd body_end = BodyEnd::by_length;
};

/// Whether the status and headers of `response` can be sent.
[[nodiscard]] bool can_be_sent(const HttpResponse& response) noexcept;

/// The bytes to send: status line, headers and, with BodyEnd::by_length, the body. `response` must
/// pass the check above.
[[nodiscard]] std::string write_response(const HttpResponse& response, const WriteOptions& options);

/// One chunk with `data`, which must not be empty; and the end of a chunked body.
[[nodiscard]] std::string write_chunk(std::string_view data);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Whether a header name (or a method) can be sent; whether a value can: no line break, no NUL.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

}  // namespace quipu::http
