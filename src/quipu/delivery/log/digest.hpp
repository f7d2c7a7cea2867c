// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace quipu::wire {

/// A digest of the bytes: 36 characters, the UUID version 5 (SHA-1) of the bytes in a namespace of
/// this library's own. Part of the stored format.
[[nodiscard]] std::string digest_of(std::string_view bytes);

}  // namespace quipu::wire
