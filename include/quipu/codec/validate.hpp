// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "quipu/codec/fault.hpp"

namespace quipu {

/// Reads an event and writes it back in its canonical form (detail::canonical_event).
using Canonical = std::function<std::expected<std::string, Faults>(std::string_view)>;

/// Judges one case of a conformance suite. `line` is a JSON object with "id" (any value) and
/// "input" (a string) or "input_b64" (the same in base64, for bytes that are not UTF-8). The
/// verdict is one line of JSON without a line break, U+2028 and its like escaped:
///
///     {"id":...,"ok":true,"output":"<the event written back>"}
///     {"id":...,"ok":false,"errors":[{"type":"missing","loc":["login","id"],"msg":"..."}]}
///
/// A line that is no case gives a verdict with a null id and one error.
[[nodiscard]] std::string validate_line(std::string_view line, const Canonical& canonical);

/// Judges every line of `in` that is not empty; one verdict a line to `out`.
void validate_lines(std::istream& in, std::ostream& out, const Canonical& canonical);

}  // namespace quipu
