// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace quipu {

/// One fault of a JSON text. Kinds and locations are those of Pydantic 2 in JSON mode, so that
/// producers and consumers in C++ and Python report the same:
///
///     the text       json_invalid  dict_type  union_tag_not_found  union_tag_invalid
///     any field      missing
///     std::string    string_type
///     integers       int_type  int_parsing  int_from_float  int_parsing_size  finite_number
///     double         float_type  float_parsing
///     bool           bool_type  bool_parsing
///     Time           datetime_type  datetime_parsing  datetime_from_date_parsing
///     enums          enum (and EventTypeName)
///     structs        dataclass_type
///     lists, maps    list_type, dict_type
///
/// Two kinds are this library's own, for limits that Pydantic lacks or reports as json_invalid:
/// too_long (max_bytes) and recursion_limit (max_depth). Two verdicts differ from Pydantic's,
/// because a C++ field cannot hold the value: an integer outside the range of the field's type is
/// int_parsing_size, and a time that its offset moves outside the years 1 to 9999 is
/// datetime_parsing.
struct Fault {
    using Step = std::variant<std::string, std::int64_t>;  ///< field name or list index

    std::string kind;
    std::vector<Step> location;  ///< the event type, then the path inwards; empty: the whole text
    std::string message;         ///< what was expected; never contains text of the payload
};

/// All faults of one text, in the order of the struct's fields.
struct Faults {
    std::vector<Fault> list;

    /// All faults in one line: "user_login.user_id: field required; user_login.metadata...: ...".
    /// The only part of the payload in it are keys of maps, shortened.
    [[nodiscard]] std::string summary() const;
};

}  // namespace quipu
