// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quipu::codec {

/// What can be wrong with a value. Each has a kind (see Fault) and a message.
enum class Problem : std::uint8_t {
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

/// The kind as it stands in a Fault.
[[nodiscard]] std::string_view kind_of(Problem problem) noexcept;
/// What was expected.
[[nodiscard]] std::string_view message_of(Problem problem) noexcept;

}  // namespace quipu::codec
