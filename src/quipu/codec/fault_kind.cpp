// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/fault_kind.hpp"

#include <array>
#include <cstddef>

namespace quipu::codec {

namespace {

struct Words {
    std::string_view name;
    std::string_view message;
};

constexpr std::array words{
    Words{"", ""},
    Words{"json_invalid", "not valid JSON in UTF-8"},
    Words{"too_long", "the text is longer than the limit"},
    Words{"recursion_limit", "objects and lists are nested deeper than the limit"},
    Words{"dict_type", "expected an object"},
    Words{"dataclass_type", "expected an object"},
    Words{"union_tag_not_found", "event_type is missing"},
    Words{"union_tag_invalid", "event_type is not in this catalogue"},
    Words{"missing", "field required"},
    Words{"string_type", "expected a string"},
    Words{"bool_type", "expected a boolean"},
    Words{"bool_parsing", "expected a boolean, or a word or number that means one"},
    Words{"int_type", "expected an integer"},
    Words{"int_parsing", "expected an integer; the text is not one"},
    Words{"int_from_float", "expected an integer; the number has a fractional part"},
    Words{"int_parsing_size", "expected a smaller integer; the number does not fit the field"},
    Words{"float_type", "expected a number"},
    Words{"float_parsing", "expected a number; the text is not one"},
    Words{"finite_number", "expected a finite number"},
    Words{"datetime_type", "expected a time"},
    Words{"datetime_parsing", "expected a time such as 2026-01-02T03:04:05Z, years 1 to 9999"},
    Words{"datetime_from_date_parsing", "expected a time such as 2026-01-02T03:04:05Z"},
    Words{"enum", "expected one of the allowed values"},
    Words{"list_type", "expected a list"},
    Words{"dict_type", "expected an object"},
};
static_assert(words.size() == static_cast<std::size_t>(FaultKind::map_type) + 1);

}  // namespace

std::string_view name_of(FaultKind kind) noexcept {
    return words[static_cast<std::size_t>(kind)].name;
}

std::string_view message_of(FaultKind kind) noexcept {
    return words[static_cast<std::size_t>(kind)].message;
}

}  // namespace quipu::codec
