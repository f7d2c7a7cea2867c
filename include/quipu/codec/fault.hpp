#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace quipu {

/// One thing that is wrong with a JSON text. Kinds and locations are those of Pydantic 2 in JSON
/// mode ("missing", "string_type", "int_parsing", …), so that both sides of a topic say the same.
struct Fault {
    using Step = std::variant<std::string, std::int64_t>;  ///< member name or list index

    std::string kind;
    std::vector<Step> location;  ///< from the event's type inwards; empty for the whole text
    std::string message;         ///< what was expected; never the payload's own text
};

/// Everything that is wrong with one text, in the order of the struct's members.
struct Faults {
    std::vector<Fault> list;

    /// One line: "execution_id: field required; metadata.service_name: ...".
    [[nodiscard]] std::string summary() const;
};

}  // namespace quipu
