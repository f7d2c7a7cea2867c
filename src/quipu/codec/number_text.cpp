// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/number_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace quipu::codec {

namespace {

/// The shortest digits of a positive finite number. The value is 0.DIGITS times ten to `point`.
struct Decimal {
    char digits[24];
    int size = 0;
    int point = 0;
};

Decimal shortest(double value) noexcept {
    char text[32];  // d.ddde-308
    const auto written =
        std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
    Decimal out;
    const char* at = text;
    for (; at != written.ptr && *at != 'e'; ++at) {
        if (*at != '.') out.digits[out.size++] = *at;
    }
    ++at;
    const bool minus = *at++ == '-';
    int exponent = 0;
    for (; at != written.ptr; ++at) exponent = exponent * 10 + (*at - '0');
    out.point = (minus ? -exponent : exponent) + 1;
    return out;
}

char* put(char* to, const char* from, int size) noexcept {
    std::memcpy(to, from, static_cast<std::size_t>(size));
    return to + size;
}
char* zeros(char* to, int count) noexcept {
    std::memset(to, '0', static_cast<std::size_t>(count));
    return to + count;
}

/// The two digits of each number below 100.
constexpr std::array<char, 200> pairs = [] {
    std::array<char, 200> table{};
    for (std::size_t i = 0; i < 100; ++i) {
        table[2 * i] = static_cast<char>('0' + i / 10);
        table[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return table;
}();

/// Writes the digits of `value` in front of `end` and returns their beginning.
char* write_digits_before(char* end, std::uint64_t value) noexcept {
    while (value >= 100) {
        end -= 2;
        std::memcpy(end, pairs.data() + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value < 10) {
        *--end = static_cast<char>('0' + value);
        return end;
    }
    end -= 2;
    std::memcpy(end, pairs.data() + 2 * value, 2);
    return end;
}

/// Fast path for a positive number that is an integer of at most 15 digits divided by a small power
/// of ten; null for other numbers. At most one decimal of 15 digits or less reads back as a given
/// double, apart from trailing zeros, so the first one found is the shortest.
char* write_short_double(char* to, double value) noexcept {
    constexpr std::array<double, 8> powers{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    constexpr std::array<std::uint64_t, 8> tens{1,      10,      100,       1000,
                                                10'000, 100'000, 1'000'000, 10'000'000};
    const bool short_range = value >= 1e-3 && value < 1e8;
    if (!short_range) return nullptr;
    for (std::size_t fraction = 0; fraction < powers.size(); ++fraction) {
        const double scaled = value * powers[fraction];
        // The value is positive and far below 2^53, so this rounds like llround() without a call.
        const auto mantissa =
            static_cast<std::uint64_t>(scaled + 0.5);  // NOLINT(bugprone-incorrect-roundings)
        const auto whole = static_cast<double>(mantissa);
        if (std::abs(scaled - whole) > scaled * 1e-15 || whole / powers[fraction] != value)
            continue;
        to = write_integer(to, mantissa / tens[fraction], false);
        *to++ = '.';
        if (fraction == 0) {
            *to++ = '0';
            return to;
        }
        std::memset(to, '0', fraction);
        static_cast<void>(write_digits_before(to + fraction, mantissa % tens[fraction]));
        return to + fraction;
    }
    return nullptr;
}

char* write_exponent(char* to, int exponent) noexcept {
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    return std::to_chars(to, to + 4, exponent < 0 ? -exponent : exponent).ptr;
}

}  // namespace

char* write_integer(char* to, std::uint64_t magnitude, bool negative) noexcept {
    if (negative) *to++ = '-';
    std::size_t size = 1;
    for (std::uint64_t rest = magnitude; rest >= 10; rest /= 10) ++size;
    static_cast<void>(write_digits_before(to + size, magnitude));
    return to + size;
}

char* write_double(char* to, double value) noexcept {
    if (!std::isfinite(value)) return put(to, "null", 4);
    if (std::signbit(value)) {
        *to++ = '-';
        value = -value;
    }
    if (value == 0.0) return put(to, "0.0", 3);
    if (char* end = write_short_double(to, value)) return end;
    const Decimal decimal = shortest(value);
    const int point = decimal.point;
    if (point > 16 || point < -4) {
        *to++ = decimal.digits[0];
        if (decimal.size > 1) {
            *to++ = '.';
            to = put(to, decimal.digits + 1, decimal.size - 1);
        }
        return write_exponent(to, point - 1);
    }
    if (point <= 0) {
        to = zeros(put(to, "0.", 2), -point);
        return put(to, decimal.digits, decimal.size);
    }
    if (point >= decimal.size) {
        to = zeros(put(to, decimal.digits, decimal.size), point - decimal.size);
        return put(to, ".0", 2);
    }
    to = put(to, decimal.digits, point);
    *to++ = '.';
    return put(to, decimal.digits + point, decimal.size - point);
}

void append_double(std::string& out, double value) {
    char text[double_chars];
    out.append(text, static_cast<std::size_t>(write_double(text, value) - text));
}

}  // namespace quipu::codec
