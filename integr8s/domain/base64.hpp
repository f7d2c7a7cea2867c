// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/base/error.hpp"

namespace integr8s {

/// Base64 of RFC 4648, section 4, with padding.
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Errors: corrupt, for a text that to_base64 does not write.
[[nodiscard]] quipu::Result<std::string> from_base64(std::string_view text);

}  // namespace integr8s
