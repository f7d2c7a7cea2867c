// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/argument_values.hpp"

#include <cctype>

#include "quipu/app/cli/text_output.hpp"

namespace quipu {

std::expected<Time, std::string> parse_instant(std::string_view text) {
    if (const auto time = parse_time(text)) return *time;
    return std::unexpected(
        "'" + printable(text) +
        "' is not a time; write 2026-01-02T03:04:05Z, or 2026-01-02 for midnight "
        "UTC");
}

std::expected<FieldCondition, std::string> parse_condition(std::string_view text) {
    // A name in double quotes may contain the character that ends the path.
    std::size_t equals = 0;
    for (bool quoted = false; equals < text.size() && (quoted || text[equals] != '='); ++equals) {
        if (text[equals] == '"') quoted = !quoted;
        if (text[equals] == '\\' && quoted) ++equals;
    }
    if (equals >= text.size() || equals == 0) {
        return std::unexpected("'" + printable(text) +
                               "' is not PATH=VALUE, such as metadata.user_id=u-1");
    }
    return FieldCondition{.field = std::string(text.substr(0, equals)),
                          .any_of = FieldValue::readings(text.substr(equals + 1))};
}

std::expected<void, std::string> check_type(const EventTypes& types, std::string_view name) {
    if (types.find(name) != nullptr) return {};
    return std::unexpected("unknown event type '" + printable(name.substr(0, 100)) +
                           "'; did you mean '" + std::string(types.nearest(name)) + "'?");
}

std::string file_variable(std::string_view program) {
    std::string name;
    for (const char c : program) {
        const auto byte = static_cast<unsigned char>(c);
        name += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
    }
    return name + "_FILE";
}

}  // namespace quipu
