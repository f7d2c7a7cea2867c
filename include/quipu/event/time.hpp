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

/// The wall clock, cut to microseconds. Thread-safe.
[[nodiscard]] Time now() noexcept;

/// `2026-01-02T03:04:05Z`, or `2026-01-02T03:04:05.120000Z` when there are microseconds: the form
/// that Pydantic 2 writes. Years 1 to 9999; other instants are clamped to that range.
void append_time(std::string& out, Time time);
[[nodiscard]] std::string format_time(Time time);

/// Reads what `append_time` writes and the other ISO 8601 forms that Pydantic 2 takes: `T`, `t`,
/// `_` or a space between date and time, seconds optional, digits after a point or comma (cut to
/// six), an offset `Z`, `+HH:MM`, `+HHMM` or none (read as UTC), a date alone (midnight). Nothing
/// else: every digit and range is checked, and the instant is within the years 1 to 9999.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text) noexcept;

/// An instant from a number, as Pydantic 2 reads it: seconds since 1970, or milliseconds when the
/// magnitude is above 2e10. Empty outside the years 1 to 9999 and for NaN. A negative double with a
/// fraction comes out as Pydantic has it: the fraction is added to the second below (-1.25 is 1.75
/// seconds before 1970).
[[nodiscard]] std::optional<Time> time_from_number(double number) noexcept;
[[nodiscard]] std::optional<Time> time_from_number(std::int64_t number) noexcept;

}  // namespace quipu
