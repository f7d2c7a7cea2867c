// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/event/catalogue.hpp"

namespace quipu {

/// Converts the event in `json` to a BSON document (bsonspec.org), for databases that programs in
/// other languages query. Empty if the text is not a valid event of `types`.
///
/// The document has the header's event_id, event_type, event_version, timestamp, aggregate_id
/// (null if there is none) and metadata, and `payload` with the event's own fields, declared or
/// not:
///
/// - integers become int64 (double above the largest int64), numbers double, NaN and the
///   infinities null, as in JSON;
/// - times become dates, truncated to milliseconds; enums and names of event types become text;
/// - absent optional fields are null, absent omittable fields are left out; structs and maps become
///   documents, lists arrays; a field of type Json becomes the value of its text, where the last
///   one of equal names counts;
/// - names are changed where BSON and query languages restrict them: a point becomes U+FF0E, a
///   leading dollar sign U+FF04, a zero byte U+2400.
///
/// Thread-safe; never throws for bad input.
[[nodiscard]] std::string event_document(const EventTypes& types, std::string_view json);

}  // namespace quipu
