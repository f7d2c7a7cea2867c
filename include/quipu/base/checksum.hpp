// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quipu::stores {

/// CRC-32 (ISO 3309, as in zlib). `start` is the checksum of the preceding bytes, 0 if there are
/// none.
[[nodiscard]] std::uint32_t crc32_of(std::uint32_t start, std::string_view bytes) noexcept;

}  // namespace quipu::stores
