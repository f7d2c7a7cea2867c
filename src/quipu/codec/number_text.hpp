// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace quipu::codec {

/// The length of the longest text that write_double() writes.
inline constexpr int double_chars = 32;

/// Writes the shortest text that reads back as `value`, in Pydantic 2's form: 1.0, 0.00001, 1e+16,
/// 1.5e-7; null for NaN and the infinities. `to` must have space for double_chars. Returns the end
/// of the text.
char* write_double(char* to, double value) noexcept;

/// The length of the longest text that write_integer() writes.
inline constexpr int integer_chars = 21;

/// Writes an integer given by sign and magnitude and returns the end of the text. `to` must have
/// space for integer_chars.
char* write_integer(char* to, std::uint64_t magnitude, bool negative) noexcept;

void append_double(std::string& out, double value);

}  // namespace quipu::codec
