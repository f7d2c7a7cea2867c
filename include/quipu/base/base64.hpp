// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quipu {

/// Standard base64 (RFC 4648, section 4), padded.
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Decodes such a text; empty if `text` is not padded standard base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace quipu
