// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "quipu/codec/fault_kind.hpp"
#include "quipu/codec/json_reader.hpp"

namespace quipu::codec {

// From numbers and texts of JSON to values, as Pydantic 2 converts in lax mode.

/// An integer on its way into a field: wide enough for every field's type.
struct WideInteger {
    std::uint64_t magnitude = 0;
    bool negative = false;
    bool too_large = false;  ///< the magnitude needs more than 64 bits
};

/// `text` is an optional sign and digits.
[[nodiscard]] WideInteger parse_integer(std::string_view text) noexcept;

/// The nearest double; an overflow is infinite, an underflow zero. `text` is a JSON number or what
/// float_from_text() has checked.
[[nodiscard]] double parse_double(std::string_view text) noexcept;
[[nodiscard]] double to_double(const NumberToken& token) noexcept;

[[nodiscard]] FaultKind integer_from_number(const NumberToken& token, WideInteger& out) noexcept;
/// White space around, a sign, single underscores between digits and a fraction of zeros are taken.
[[nodiscard]] FaultKind integer_from_text(std::string_view text, WideInteger& out) noexcept;
[[nodiscard]] FaultKind float_from_text(std::string_view text, double& out);
[[nodiscard]] FaultKind bool_from_number(const NumberToken& token, bool& out) noexcept;
[[nodiscard]] FaultKind bool_from_text(std::string_view text, bool& out) noexcept;

/// Without the characters that Unicode calls White_Space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace quipu::codec
