// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/checksum.hpp"

#include <libdeflate.h>

namespace quipu::stores {

std::uint32_t crc32_of(std::uint32_t start, std::string_view bytes) noexcept {
    // As in zlib, a null pointer resets the checksum; an empty view may have one.
    return bytes.empty() ? start : libdeflate_crc32(start, bytes.data(), bytes.size());
}

}  // namespace quipu::stores
