// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/coerce.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "quipu/base/text.hpp"

namespace quipu::codec {

namespace {

constexpr double two_to_63 = 9223372036854775808.0;
constexpr std::size_t longest_integer_text = 4300;

/// The length in bytes of the white-space character at the start or end of a text; 0 if there is
/// another character.
template <class Matches>
std::size_t space_length(Matches matches) noexcept {
    constexpr std::array<std::string_view, 25> spaces{" ",
                                                      "\t",
                                                      "\n",
                                                      "\v",
                                                      "\f",
                                                      "\r",
                                                      "\xC2\x85",
                                                      "\xC2\xA0",
                                                      "\xE1\x9A\x80",
                                                      "\xE2\x80\x80",
                                                      "\xE2\x80\x81",
                                                      "\xE2\x80\x82",
                                                      "\xE2\x80\x83",
                                                      "\xE2\x80\x84",
                                                      "\xE2\x80\x85",
                                                      "\xE2\x80\x86",
                                                      "\xE2\x80\x87",
                                                      "\xE2\x80\x88",
                                                      "\xE2\x80\x89",
                                                      "\xE2\x80\x8A",
                                                      "\xE2\x80\xA8",
                                                      "\xE2\x80\xA9",
                                                      "\xE2\x80\xAF",
                                                      "\xE2\x81\x9F",
                                                      "\xE3\x80\x80"};
    const auto* found = std::find_if(spaces.begin(), spaces.end(), matches);
    return found == spaces.end() ? 0 : found->size();
}

/// The power of ten of the first digit that is not zero. Distinguishes overflow from underflow.
long long order_of(std::string_view text) noexcept {
    long long order = 0;
    bool started = false;
    bool after_point = false;
    std::size_t i = 0;
    for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
        if (text[i] == '.') after_point = true;
        if (!is_digit(text[i])) continue;
        started = started || text[i] != '0';
        if (started && !after_point) ++order;
        if (!started && after_point) --order;
    }
    if (!started) return std::numeric_limits<long long>::min();
    if (i == text.size()) return order;
    ++i;
    const bool minus = i < text.size() && text[i] == '-';
    long long exponent = 0;
    for (; i < text.size(); ++i) {
        if (is_digit(text[i]) && exponent < 1'000'000'000)
            exponent = exponent * 10 + (text[i] - '0');
    }
    return minus ? order - exponent : order + exponent;
}

/// Fast path for numbers of at most 15 digits with a small exponent: mantissa and power of ten are
/// exact, so one division rounds correctly (Clinger). False for other numbers.
bool parse_short_double(std::string_view text, double& out) noexcept {
    constexpr std::array<double, 16> powers{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    if (text.size() > 16) return false;
    std::int64_t mantissa = 0;
    std::size_t fraction = 0;
    bool after_point = false;
    const bool minus = text[0] == '-';
    for (std::size_t i = minus ? 1 : 0; i < text.size(); ++i) {
        if (text[i] == '.' && !after_point) {
            after_point = true;
            continue;
        }
        if (!is_digit(text[i])) return false;
        mantissa = mantissa * 10 + (text[i] - '0');
        if (after_point) ++fraction;
    }
    if (mantissa >= 1'000'000'000'000'000) return false;
    const double value = static_cast<double>(mantissa) / powers[fraction];
    out = minus ? -value : value;
    return true;
}

/// Digits with single underscores between them.
bool read_grouped_digits(std::string_view text, WideInteger& out) noexcept {
    bool after_digit = false;
    for (const char c : text) {
        if (is_digit(c)) {
            const auto digit = static_cast<std::uint64_t>(c - '0');
            out.too_large = out.too_large ||
                            __builtin_mul_overflow(out.magnitude, 10U, &out.magnitude) ||
                            __builtin_add_overflow(out.magnitude, digit, &out.magnitude);
            after_digit = true;
        } else if (c == '_' && after_digit) {
            after_digit = false;
        } else {
            return false;
        }
    }
    return after_digit;
}

/// Parses a number by the rules of Rust's f64::from_str. False if it is not one.
bool read_rust_float(std::string_view text, double& out) noexcept {
    const bool minus = text.starts_with('-');
    if (minus || text.starts_with('+')) text.remove_prefix(1);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (equal_ignoring_case(text, "nan")) {
        out = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    if (equal_ignoring_case(text, "inf") || equal_ignoring_case(text, "infinity")) {
        out = minus ? -infinity : infinity;
        return true;
    }
    std::size_t i = 0;
    const auto digits = [&] {
        const std::size_t begin = i;
        while (i < text.size() && is_digit(text[i])) ++i;
        return i - begin;
    };
    std::size_t count = digits();
    if (i < text.size() && text[i] == '.') {
        ++i;
        count += digits();
    }
    if (count == 0) return false;
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
        if (digits() == 0) return false;
    }
    if (i != text.size()) return false;
    out = parse_double(text);
    if (minus) out = -out;
    return true;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto length =
            space_length([&](std::string_view space) { return text.starts_with(space); });
        if (length == 0) break;
        text.remove_prefix(length);
    }
    while (!text.empty()) {
        const auto length =
            space_length([&](std::string_view space) { return text.ends_with(space); });
        if (length == 0) break;
        text.remove_suffix(length);
    }
    return text;
}

WideInteger parse_integer(std::string_view text) noexcept {
    WideInteger out;
    out.negative = text.starts_with('-');
    if (out.negative || text.starts_with('+')) text.remove_prefix(1);
    static_cast<void>(read_grouped_digits(text, out));
    return out;
}

double parse_double(std::string_view text) noexcept {
    double value = 0.0;
    if (parse_short_double(text, value)) return value;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range) {
        value = order_of(text) > 0 ? std::numeric_limits<double>::infinity() : 0.0;
        if (text.starts_with('-')) value = -value;
    }
    return value;
}

double to_double(const NumberToken& token) noexcept {
    using Form = NumberToken::Form;
    switch (token.form) {
        case Form::nan: return std::numeric_limits<double>::quiet_NaN();
        case Form::infinity: return std::numeric_limits<double>::infinity();
        case Form::minus_infinity: return -std::numeric_limits<double>::infinity();
        case Form::integer: return parse_double(token.raw) + 0.0;  // -0 is the integer 0
        case Form::decimal: break;
    }
    return parse_double(token.raw);
}

FaultKind integer_from_number(const NumberToken& token, WideInteger& out) noexcept {
    if (token.form == NumberToken::Form::integer) {
        out = parse_integer(token.raw);
        return FaultKind::none;
    }
    const double number = to_double(token);
    if (!std::isfinite(number)) return FaultKind::finite_number;
    if (std::trunc(number) != number) return FaultKind::int_from_float;
    if (number <= -two_to_63 || number >= two_to_63) return FaultKind::int_parsing_size;
    out.negative = number < 0;
    out.magnitude = static_cast<std::uint64_t>(std::abs(number));
    return FaultKind::none;
}

FaultKind integer_from_text(std::string_view text, WideInteger& out) noexcept {
    if (text.size() > longest_integer_text) return FaultKind::int_parsing_size;
    text = trim(text);
    const std::size_t point = text.find('.');
    if (point != std::string_view::npos) {
        const std::string_view fraction = text.substr(point + 1);
        if (fraction.empty() || fraction.find_first_not_of('0') != std::string_view::npos) {
            return FaultKind::int_parsing;
        }
        text = text.substr(0, point);
    }
    out.negative = text.starts_with('-');
    if (out.negative || text.starts_with('+')) text.remove_prefix(1);
    return read_grouped_digits(text, out) ? FaultKind::none : FaultKind::int_parsing;
}

FaultKind float_from_text(std::string_view text, double& out) {
    text = trim(text);
    if (read_rust_float(text, out)) return FaultKind::none;
    if (text.find('_') == std::string_view::npos || text.starts_with('_') || text.ends_with('_') ||
        text.find("__") != std::string_view::npos) {
        return FaultKind::float_parsing;
    }
    std::string stripped(text);
    std::erase(stripped, '_');
    return read_rust_float(stripped, out) ? FaultKind::none : FaultKind::float_parsing;
}

FaultKind bool_from_number(const NumberToken& token, bool& out) noexcept {
    const bool integer = token.form == NumberToken::Form::integer;
    // Pydantic reads integers of 19 digits and more as a different type, which no bool accepts.
    if (integer && token.raw.size() - (token.raw[0] == '-' ? 1U : 0U) > 18) {
        return FaultKind::bool_type;
    }
    WideInteger number;
    if (integer_from_number(token, number) != FaultKind::none) return FaultKind::bool_type;
    if (number.magnitude > 1 || (number.magnitude == 1 && number.negative)) {
        return FaultKind::bool_parsing;
    }
    out = number.magnitude == 1;
    return FaultKind::none;
}

FaultKind bool_from_text(std::string_view text, bool& out) noexcept {
    constexpr std::array<std::string_view, 6> yes{"1", "t", "y", "on", "yes", "true"};
    constexpr std::array<std::string_view, 6> no{"0", "f", "n", "no", "off", "false"};
    const auto is = [&](std::string_view word) { return equal_ignoring_case(text, word); };
    out = std::any_of(yes.begin(), yes.end(), is);
    if (out || std::any_of(no.begin(), no.end(), is)) return FaultKind::none;
    return FaultKind::bool_parsing;
}

}  // namespace quipu::codec
