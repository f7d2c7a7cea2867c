// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "quipu/codec/fault.hpp"

namespace quipu {

/// Decodes an event and encodes it again, in its canonical form (detail::canonical_event).
using Canonical = std::function<std::expected<std::string, Faults>(std::string_view)>;

/// Runs one case of a conformance suite. `line` is a JSON object with "id" (any value) and "input"
/// (a string) or "input_b64" (the same in base64, for bytes that are not UTF-8). Returns the result
/// as JSON on one line, without the line break; U+2028 and the like are escaped:
///
///     {"id":...,"ok":true,"output":"<the event in canonical form>"}
///     {"id":...,"ok":false,"errors":[{"type":"missing","loc":["login","id"],"msg":"..."}]}
///
/// A malformed line gives a result with a null id and one error.
[[nodiscard]] std::string validate_line(std::string_view line, const Canonical& canonical);

/// Runs every line of `in` that is not empty and writes one line per result to `out`.
void validate_lines(std::istream& in, std::ostream& out, const Canonical& canonical);

}  // namespace quipu
