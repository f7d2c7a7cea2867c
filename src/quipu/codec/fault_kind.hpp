// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quipu::codec {

/// What can be wrong with a value; each has a name, which is Fault::kind, and a message.
enum class FaultKind : std::uint8_t {
    none,
    json_invalid,
    too_long,
    recursion_limit,
    dict_type,
    dataclass_type,
    union_tag_not_found,
    union_tag_invalid,
    missing,
    string_type,
    bool_type,
    bool_parsing,
    int_type,
    int_parsing,
    int_from_float,
    int_parsing_size,
    float_type,
    float_parsing,
    finite_number,
    datetime_type,
    datetime_parsing,
    datetime_from_date_parsing,
    enumeration,
    list_type,
    map_type,
};

/// The name, as Fault::kind has it.
[[nodiscard]] std::string_view name_of(FaultKind kind) noexcept;
/// What was expected.
[[nodiscard]] std::string_view message_of(FaultKind kind) noexcept;

}  // namespace quipu::codec
