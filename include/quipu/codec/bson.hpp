// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/event/catalogue.hpp"

namespace quipu {

/// The event in `json` as a BSON document (bsonspec.org), for databases that readers in other
/// languages look into. Empty when the text is no valid event of `types`.
///
/// It has event_id, event_type, event_version, timestamp, aggregate_id (null when there is none)
/// and metadata as the header has them, and `payload` with the event's own fields and those that
/// it does not declare:
///
/// - integers are int64 (above the largest int64: double), numbers double, and what is no number
///   null, as in JSON;
/// - times are dates, cut to milliseconds; enums and names of event types are text;
/// - absent optional fields are null, omittable ones are left out; structs and maps are
///   documents, lists arrays; fields of type Json are what their text says, of equal names the
///   last;
/// - in names, which BSON and query languages bound: a point becomes U+FF0E, a dollar sign at the
///   beginning U+FF04, a zero byte U+2400.
///
/// Thread-safe; never throws for bad input.
[[nodiscard]] std::string event_document(const EventTypes& types, std::string_view json);

}  // namespace quipu
