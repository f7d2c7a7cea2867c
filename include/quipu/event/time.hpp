// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quipu {

/// An instant in UTC with the wire's precision, microseconds. Wire form: ISO 8601 with `Z`.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// The current time, truncated to microseconds. Thread-safe.
[[nodiscard]] Time now() noexcept;

/// Appends `2026-01-02T03:04:05Z`, or `2026-01-02T03:04:05.120000Z` if there are microseconds: the
/// form that Pydantic 2 writes. Instants outside the years 1 to 9999 are clamped to that range.
void append_time(std::string& out, Time time);
[[nodiscard]] std::string format_time(Time time);

/// Reads what append_time() writes and the other ISO 8601 forms that Pydantic 2 accepts: `T`, `t`,
/// `_` or a space between date and time, optional seconds, a fraction after a point or comma
/// (truncated to six digits), an offset `Z`, `+HH:MM`, `+HHMM` or none (UTC), or a date alone
/// (midnight). Returns nothing for any other text and for instants outside the years 1 to 9999.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text) noexcept;

/// Converts a number to an instant as Pydantic 2 does: seconds since 1970, or milliseconds if the
/// magnitude is above 2e10. Returns nothing outside the years 1 to 9999 and for NaN. For a negative
/// double the fraction counts downwards from the whole second, as in Pydantic: -1.25 is 1.75
/// seconds before 1970.
[[nodiscard]] std::optional<Time> time_from_number(double number) noexcept;
[[nodiscard]] std::optional<Time> time_from_number(std::int64_t number) noexcept;

}  // namespace quipu
