// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "quipu/event/type_info.hpp"

namespace quipu::codec {

/// The value of an integer field of any size, sign-extended to 64 bits.
[[nodiscard]] inline std::uint64_t load_integer(const TypeInfo& type, const void* at) noexcept {
    std::uint64_t word = 0;
    if (type.bytes == sizeof word) {
        std::memcpy(&word, at, sizeof word);
        return word;
    }
    std::memcpy(&word, at, type.bytes);
    const unsigned unused = 64U - type.bytes * 8U;
    if (type.is_signed && unused > 0) {
        word = static_cast<std::uint64_t>(static_cast<std::int64_t>(word << unused) >> unused);
    }
    return word;
}

}  // namespace quipu::codec
