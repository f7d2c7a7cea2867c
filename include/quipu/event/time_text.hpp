// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "quipu/event/time.hpp"

namespace quipu {

/// The outcome of reading a time.
enum class TimeReading {
    ok,
    malformed,    ///< not a time, or a number outside the years that Pydantic accepts
    out_of_range  ///< a time outside the years 1 to 9999
};

/// Reads ISO 8601 text and, as Pydantic does, text that is a number of seconds or milliseconds.
/// `date_alone` says whether a date without a time is accepted.
[[nodiscard]] TimeReading read_time(std::string_view text, bool date_alone, Time& out) noexcept;
[[nodiscard]] TimeReading read_time(double number, Time& out) noexcept;
[[nodiscard]] TimeReading read_time(std::int64_t number, Time& out) noexcept;

/// The length of the longest text that write_time() writes.
inline constexpr std::size_t time_chars = 27;

/// Writes the text of append_time() and returns its end. `to` must have room for time_chars.
char* write_time(char* to, Time time) noexcept;

}  // namespace quipu
