// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "quipu/event/catalogue.hpp"
#include "quipu/event/time.hpp"
#include "quipu/store/query.hpp"

namespace quipu {

// Parsers for the values of options. Errors say what is wrong and what to write.

/// Parses a time, or a date, which means its midnight in UTC.
[[nodiscard]] std::expected<Time, std::string> parse_instant(std::string_view text);

/// Parses "PATH=VALUE". Names may be in double quotes, see FieldCondition::field; for the value see
/// FieldValue::readings.
[[nodiscard]] std::expected<FieldCondition, std::string> parse_condition(std::string_view text);

/// Fails for a name that is not in `types`, and suggests the most similar one.
[[nodiscard]] std::expected<void, std::string> check_type(const EventTypes& types,
                                                          std::string_view name);

/// The environment variable that names a program's file: HELLO_FILE for hello, MY_APP_FILE for
/// my-app.
[[nodiscard]] std::string file_variable(std::string_view program);

}  // namespace quipu
