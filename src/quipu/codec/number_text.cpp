#include "quipu/codec/number_text.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace quipu::codec {

namespace {

/// A positive finite number as its shortest digits; the value is 0.DIGITS times ten to `point`.
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

char* write_exponent(char* to, int exponent) noexcept {
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    return std::to_chars(to, to + 4, exponent < 0 ? -exponent : exponent).ptr;
}

}  // namespace

char* write_double(char* to, double value) noexcept {
    if (!std::isfinite(value)) return put(to, "null", 4);
    if (std::signbit(value)) {
        *to++ = '-';
        value = -value;
    }
    if (value == 0.0) return put(to, "0.0", 3);
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
