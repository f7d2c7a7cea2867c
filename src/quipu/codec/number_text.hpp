// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace quipu::codec {

/// The longest text that write_double() makes.
inline constexpr int double_chars = 32;

/// Writes the shortest text that reads back as `value`, in the form that Pydantic 2 writes: 1.0,
/// 0.00001, 1e+16, 1.5e-7; null for NaN and the infinities. `to` has room for double_chars;
/// returns the end of what was written.
char* write_double(char* to, double value) noexcept;

/// The longest text that write_integer() makes.
inline constexpr int integer_chars = 21;

/// Writes an integer of that magnitude; returns the end. `to` has room for integer_chars.
char* write_integer(char* to, std::uint64_t magnitude, bool negative) noexcept;

void append_double(std::string& out, double value);

}  // namespace quipu::codec
