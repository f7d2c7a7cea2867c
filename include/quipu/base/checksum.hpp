// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quipu::stores {

/// CRC-32 as ISO 3309 and zlib count it, `start` being what came before (0 at the beginning).
[[nodiscard]] std::uint32_t crc32_of(std::uint32_t start, std::string_view bytes) noexcept;

}  // namespace quipu::stores
