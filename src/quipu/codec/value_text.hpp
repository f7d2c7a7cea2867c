// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/codec/json_reader.hpp"

namespace quipu::codec {

// Values that are held as JSON text. Both functions read the value at the reader's position and
// append it to `out`, without white space between tokens and with null for NaN and the infinities,
// which JSON does not have. They return false if the text is not valid.

/// Copies token by token, so that nothing that the sender wrote is lost.
[[nodiscard]] bool copy_verbatim(JsonReader& reader, std::string& out);

/// Writes the value as Pydantic writes one of type Any: numbers and strings in their shortest form;
/// of repeated names in an object the last value, at the place of the first.
[[nodiscard]] bool copy_canonical(JsonReader& reader, std::string& out);

}  // namespace quipu::codec
