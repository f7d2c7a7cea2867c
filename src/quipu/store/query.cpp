// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/query.hpp"

#include <algorithm>
#include <charconv>

#include "quipu/store/engine/fields.hpp"

namespace quipu {
namespace {

constexpr std::int64_t exponent_max = 1'000'000'000'000'000;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) noexcept {
    const auto end = std::ranges::find_if_not(text, is_digit);
    const std::string_view digits(text.begin(), end);
    text.remove_prefix(digits.size());
    return digits;
}

bool take(std::string_view& text, char c) noexcept {
    if (!text.starts_with(c)) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

/// The exponent of a number, held within bounds: beyond them only the digits tell numbers apart.
std::optional<std::int64_t> take_exponent(std::string_view& text) noexcept {
    if (!take(text, 'e') && !take(text, 'E')) {
        return 0;
    }
    const bool negative = take(text, '-');
    if (!negative) {
        take(text, '+');
    }
    const std::string_view digits = take_digits(text);
    if (digits.empty()) {
        return std::nullopt;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
    if (error != std::errc{} || value > exponent_max) {
        value = exponent_max;
    }
    return negative ? -value : value;
}

/// `digits` times ten to the power of `exponent`, the digits without zeros at either end.
std::string normalized(bool negative, std::string digits, std::int64_t exponent) {
    const std::size_t last = digits.find_last_not_of('0');
    if (last == std::string::npos) {
        return "n0";
    }
    exponent += static_cast<std::int64_t>(digits.size() - 1 - last);
    digits.resize(last + 1);
    digits.erase(0, digits.find_first_not_of('0'));
    return (negative ? "n-" : "n") + digits + (exponent == 0 ? "" : "e" + std::to_string(exponent));
}

}  // namespace

FieldValue FieldValue::null() {
    return FieldValue("z");
}

FieldValue FieldValue::boolean(bool value) {
    return FieldValue(value ? "b1" : "b0");
}

FieldValue FieldValue::text(std::string_view value) {
    std::string canonical;
    canonical.reserve(value.size() + 1);
    canonical.push_back('t');
    canonical.append(value);
    return FieldValue(std::move(canonical));
}

FieldValue FieldValue::number(std::int64_t value) {
    return *number(std::to_string(value));
}

std::optional<FieldValue> FieldValue::number(std::string_view json) {
    const bool negative = take(json, '-');
    std::string_view whole = take_digits(json);
    if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) {
        return std::nullopt;
    }
    std::string_view fraction;
    if (take(json, '.')) {
        fraction = take_digits(json);
        if (fraction.empty()) {
            return std::nullopt;
        }
    }
    const auto exponent = take_exponent(json);
    if (!exponent || !json.empty()) {
        return std::nullopt;
    }
    return FieldValue(normalized(negative, std::string(whole).append(fraction),
                                 *exponent - static_cast<std::int64_t>(fraction.size())));
}

std::vector<FieldValue> FieldValue::readings(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"') {
        if (auto spelled = stores::scalar_value(text)) {
            return {*std::move(spelled)};
        }
    }
    std::vector<FieldValue> all{FieldValue::text(text)};
    if (auto value = number(text)) {
        all.push_back(*std::move(value));
    } else if (text == "null") {
        all.push_back(null());
    } else if (text == "true" || text == "false") {
        all.push_back(boolean(text == "true"));
    }
    return all;
}

FieldCondition where_text(std::string field, std::string_view value) {
    return {.field = std::move(field), .any_of = {FieldValue::text(value)}};
}

FieldCondition where_correlation(std::string_view id) {
    return {.field = std::string(correlation_header),
            .any_of = {FieldValue::text(id)},
            .source = FieldCondition::Source::header};
}

FieldCondition where_user(std::string_view user_id) {
    return where_text("metadata.user_id", user_id);
}

}  // namespace quipu
