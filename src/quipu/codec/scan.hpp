// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace quipu::codec {

// Finds the characters that end or interrupt a JSON string: `"`, `\` and control characters below
// 0x20. Checks 16 bytes at a time with SSE2, which every x86-64 has, and 8 bytes elsewhere.

[[nodiscard]] constexpr bool is_special(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

/// Reads 8 bytes from an address of any alignment.
[[nodiscard]] inline std::uint64_t load8(const char* from) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// Sets the high bit of every special byte of `word`. Only the lowest set bit is reliable.
[[nodiscard]] constexpr std::uint64_t special_bits(std::uint64_t word) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101ULL;
    constexpr std::uint64_t highs = 0x8080808080808080ULL;
    const std::uint64_t quote = word ^ (ones * '"');
    const std::uint64_t backslash = word ^ (ones * '\\');
    const std::uint64_t low = (word - ones * 0x20) & ~word;
    return (low | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & highs;
}

#if defined(__SSE2__)

inline constexpr std::size_t block_bytes = 16;

/// The index of the first special byte of a block; block_bytes if there is none.
[[nodiscard]] inline std::size_t first_special(const char* block) noexcept {
    // NOLINTBEGIN(portability-simd-intrinsics): there is a portable twin below
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(block));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, marks)));
    // NOLINTEND(portability-simd-intrinsics)
    return static_cast<std::size_t>(std::countr_zero(mask | 0x10000U));
}

#else

inline constexpr std::size_t block_bytes = 8;

[[nodiscard]] inline std::size_t first_special(const char* block) noexcept {
    for (std::size_t i = 0; i < block_bytes; ++i) {
        if (is_special(block[i])) return i;
    }
    return block_bytes;
}

#endif

/// The first special byte of [from, end); `end` if there is none.
[[nodiscard]] inline const char* find_special(const char* from, const char* end) noexcept {
    while (static_cast<std::size_t>(end - from) >= block_bytes) {
        const std::size_t index = first_special(from);
        from += index;
        if (index < block_bytes) return from;
    }
    while (from < end && !is_special(*from)) ++from;
    return from;
}

/// Whether the first `size` bytes of `a` and `b` are equal. Reads 32 bytes of both.
[[nodiscard]] inline bool equal_padded(const char* a, const char* b, std::size_t size) noexcept {
#if defined(__SSE2__)
    const auto equal16 = [&](std::size_t offset) {
        const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(a + offset));
        const __m128i y = _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(b + offset));
        return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, y)));
    };
    if (size <= 32) {
        const std::uint64_t same = equal16(0) | (std::uint64_t{equal16(16)} << 16);
        const std::uint64_t wanted = (std::uint64_t{1} << size) - 1;
        return (same & wanted) == wanted;
    }
#endif
    return std::memcmp(a, b, size) == 0;
}

}  // namespace quipu::codec
