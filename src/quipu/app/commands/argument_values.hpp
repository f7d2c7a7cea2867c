// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "quipu/event/catalogue.hpp"
#include "quipu/event/time.hpp"
#include "quipu/store/query.hpp"

namespace quipu {

// Each reads the value of one option; the error says what is wrong with it and what to write.

/// A time, or a date for its midnight in UTC.
[[nodiscard]] std::expected<Time, std::string> parse_instant(std::string_view text);

/// "PATH=VALUE", with names in double quotes as FieldCondition::field says; the value as
/// FieldValue::readings takes it.
[[nodiscard]] std::expected<FieldCondition, std::string> parse_condition(std::string_view text);

/// Fails for a name that is not in `types`, with the nearest one.
[[nodiscard]] std::expected<void, std::string> check_type(const EventTypes& types,
                                                          std::string_view name);

/// The environment variable for a program's file: HELLO_FILE for hello, MY_APP_FILE for my-app.
[[nodiscard]] std::string file_variable(std::string_view program);

}  // namespace quipu
