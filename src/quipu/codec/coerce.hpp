// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "quipu/codec/fault_kind.hpp"
#include "quipu/codec/json_reader.hpp"

namespace quipu::codec {

// Conversions of JSON numbers and strings to values, as in Pydantic 2's lax mode.

/// An integer before it is stored in a field: wide enough for the type of any field.
struct WideInteger {
    std::uint64_t magnitude = 0;
    bool negative = false;
    bool too_large = false;  ///< the magnitude needs more than 64 bits
};

/// `text` consists of an optional sign and digits.
[[nodiscard]] WideInteger parse_integer(std::string_view text) noexcept;

/// The nearest double; infinity on overflow, zero on underflow. `text` must be a JSON number or
/// have been checked by float_from_text().
[[nodiscard]] double parse_double(std::string_view text) noexcept;
[[nodiscard]] double to_double(const NumberToken& token) noexcept;

[[nodiscard]] FaultKind integer_from_number(const NumberToken& token, WideInteger& out) noexcept;
/// Accepts surrounding white space, a sign, single underscores between digits and a fraction of
/// zeros.
[[nodiscard]] FaultKind integer_from_text(std::string_view text, WideInteger& out) noexcept;
[[nodiscard]] FaultKind float_from_text(std::string_view text, double& out);
[[nodiscard]] FaultKind bool_from_number(const NumberToken& token, bool& out) noexcept;
[[nodiscard]] FaultKind bool_from_text(std::string_view text, bool& out) noexcept;

/// `text` without characters of Unicode's White_Space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace quipu::codec
