// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/codec/json_reader.hpp"

namespace quipu::codec {

// Values that are kept as JSON text. Both read one value at the reader's position, append it to
// `out` without white space between tokens, and write null for NaN and the infinities, which JSON
// has no word for. False when the text is not valid there.

/// As it came, token by token: nothing that the sender wrote is lost.
[[nodiscard]] bool copy_verbatim(JsonReader& reader, std::string& out);

/// As Pydantic writes a value of type Any: numbers and strings in their shortest form, of equal
/// names in an object the last value at the place of the first.
[[nodiscard]] bool copy_canonical(JsonReader& reader, std::string& out);

}  // namespace quipu::codec
