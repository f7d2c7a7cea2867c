// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace quipu::detail {

// Finds the names of fields in what the compiler says about a function that has their addresses
// as template arguments. Both at compile time and at run time.
//
// GCC:   … address = {FieldAddress{((const void*)(& Named<T>::never_defined.….T::name))}, …}]
// Clang: … address = <FieldAddress{&never_defined.value.name}, …>]

constexpr bool is_name_char(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The identifier that ends `text`, without the underscore that only avoids a keyword.
constexpr std::string_view last_name(std::string_view text) noexcept {
    while (!text.empty() && !is_name_char(text.back())) text.remove_suffix(1);
    std::size_t begin = text.size();
    while (begin > 0 && is_name_char(text[begin - 1])) --begin;
    text.remove_prefix(begin);
    if (text.size() > 1 && text.back() == '_') text.remove_suffix(1);
    return text;
}

/// Where the list item that begins at `from` ends: at the comma or the closing bracket after it.
/// Names of types bring brackets of their own: `{anonymous}::T`, `(anonymous namespace)::T`.
constexpr std::size_t item_end(std::string_view text, std::size_t from) noexcept {
    int depth = 0;
    for (std::size_t at = from; at < text.size(); ++at) {
        switch (text[at]) {
            case '{':
            case '(':
            case '<': ++depth; break;
            case '}':
            case ')':
            case '>':
                if (depth == 0) return at;
                --depth;
                break;
            case ',':
                if (depth == 0) return at;
                break;
            default: break;
        }
    }
    return text.size();
}

inline constexpr std::string_view field_opening = "FieldAddress{";

/// The name of the field whose address comes next in `text` after `from`; moves `from` behind it.
/// Empty when there is none.
constexpr std::string_view next_field_name(std::string_view text, std::size_t& from) noexcept {
    const std::size_t found = text.find(field_opening, from);
    if (found == std::string_view::npos) return {};
    const std::size_t begin = found + field_opening.size();
    from = item_end(text, begin);
    return last_name(text.substr(begin, from - begin));
}

constexpr std::size_t first_field(std::string_view text) noexcept {
    return text.find("address = ");
}

}  // namespace quipu::detail
