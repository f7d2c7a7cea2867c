#include "quipu/store/checksum.hpp"

#include <zlib.h>

#include <cstddef>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace quipu::stores {
namespace {

std::uint32_t portable(std::uint32_t start, std::string_view bytes) noexcept {
    return static_cast<std::uint32_t>(
        crc32_z(start, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

#if defined(__x86_64__)

constexpr std::size_t lane = 16;

#define QUIPU_FOLDS __attribute__((target("pclmul,sse4.1")))

QUIPU_FOLDS inline __m128i load(const char* from) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// Moves `value` forward by the distance that `by` is made for, onto `next`.
QUIPU_FOLDS inline __m128i fold(__m128i value, __m128i by, __m128i next) noexcept {
    const __m128i low = _mm_clmulepi64_si128(value, by, 0x00);
    const __m128i high = _mm_clmulepi64_si128(value, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

QUIPU_FOLDS inline __m128i upper(__m128i value) noexcept {
    return _mm_unpackhi_epi64(value, _mm_setzero_si128());
}

/// Folds by carry-less multiplication, after Gopal et al., "Fast CRC Computation for Generic
/// Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), whose names the constants have. At least
/// 64 bytes, a multiple of 16.
QUIPU_FOLDS std::uint32_t folded(std::uint32_t start, const char* bytes,
                                 std::size_t size) noexcept {
    const __m128i k1_k2 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
    const __m128i k3_k4 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    const __m128i k5 = _mm_set_epi64x(0, 0x163cd6124);
    const __m128i polynomial = _mm_set_epi64x(0x1f7011641, 0x1db710641);
    const __m128i evens = _mm_setr_epi32(-1, 0, -1, 0);

    __m128i x1 = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128(static_cast<int>(~start)));
    __m128i x2 = load(bytes + lane);
    __m128i x3 = load(bytes + 2 * lane);
    __m128i x4 = load(bytes + 3 * lane);
    for (bytes += 4 * lane, size -= 4 * lane; size >= 4 * lane;
         bytes += 4 * lane, size -= 4 * lane) {
        x1 = fold(x1, k1_k2, load(bytes));
        x2 = fold(x2, k1_k2, load(bytes + lane));
        x3 = fold(x3, k1_k2, load(bytes + 2 * lane));
        x4 = fold(x4, k1_k2, load(bytes + 3 * lane));
    }
    x1 = fold(x1, k3_k4, x2);
    x1 = fold(x1, k3_k4, x3);
    x1 = fold(x1, k3_k4, x4);
    for (; size >= lane; bytes += lane, size -= lane) {
        x1 = fold(x1, k3_k4, load(bytes));
    }
    // 128 bits to 64, and these to 32 by Barrett's reduction.
    x1 = _mm_xor_si128(upper(x1), _mm_clmulepi64_si128(x1, k3_k4, 0x10));
    const __m128i shifted = _mm_or_si128(_mm_srli_epi64(x1, 32), _mm_slli_epi64(upper(x1), 32));
    x1 = _mm_xor_si128(shifted, _mm_clmulepi64_si128(_mm_and_si128(x1, evens), k5, 0x00));
    x2 = _mm_clmulepi64_si128(_mm_and_si128(x1, evens), polynomial, 0x10);
    x2 = _mm_clmulepi64_si128(_mm_and_si128(x2, evens), polynomial, 0x00);
    return ~static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(x1, x2), 1));
}

#endif

}  // namespace

std::uint32_t crc32_of(std::uint32_t start, std::string_view bytes) noexcept {
    if (bytes.empty()) {
        return start;  // zlib takes a null pointer as "begin anew"
    }
#if defined(__x86_64__)
    static const bool folds = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
    if (folds && bytes.size() >= 4 * lane) {
        const std::size_t whole = bytes.size() / lane * lane;
        start = folded(start, bytes.data(), whole);
        bytes.remove_prefix(whole);
        if (bytes.empty()) {
            return start;
        }
    }
#endif
    return portable(start, bytes);
}

}  // namespace quipu::stores
