// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace quipu::codec {

/// The kinds of faults. Each has a name, which Fault::kind holds, and a message.
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

/// The text of Fault::kind.
[[nodiscard]] std::string_view name_of(FaultKind kind) noexcept;
/// The default of Fault::message.
[[nodiscard]] std::string_view message_of(FaultKind kind) noexcept;

}  // namespace quipu::codec
