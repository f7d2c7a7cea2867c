// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "quipu/event/catalogue.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/record.hpp"

/// How a stored record looks in a topic log, and back.
namespace quipu::wire {

/// The record for its topic: the same bytes, its own headers, and what readers want to know
/// without decoding: content-type, event_id, event_type, aggregate_id, aggregate_sequence, and
/// where it is stored (origin_header).
[[nodiscard]] LogRecord to_log(const Record& record, std::string_view identity);

/// The stored record behind one that `identity`'s own relay published; nothing for any other. The
/// origin header alone proves nothing, since clients copy headers from what they read to what they
/// write: it holds a checksum of type and body, too.
[[nodiscard]] std::optional<Record> from_own_log(const ReceivedRecord& record,
                                                 std::string_view identity);

/// A record to store for what another producer wrote. `decoded` is false when the body is no event
/// of its topic's type; it then stands under an id made of its place in the log, with its bytes.
struct Ingested {
    Record record;
    bool decoded = false;
};
[[nodiscard]] Ingested ingest(const ReceivedRecord& record, const EventTypes& types, Time now);

/// As an undecodable one: for a record whose event_id another event has already.
[[nodiscard]] Record ingest_by_place(const ReceivedRecord& record, const EventTypes& types,
                                     Time now);

/// "<event type>/<partition>", as Parked::source has it.
[[nodiscard]] std::string source_of(const LogPartition& partition);

[[nodiscard]] bool is_ingested(const Record& record) noexcept;

/// The partition that an ingested record came from, as source_of() has it.
[[nodiscard]] std::string source_of_ingested(const Record& record);

/// Headers that a caller gives a new event, without what only a relay and a reader of the log may
/// say: callers pass on the headers of what they handle.
[[nodiscard]] RecordHeaders callers_headers(RecordHeaders headers);

}  // namespace quipu::wire
