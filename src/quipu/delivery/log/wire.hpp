// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
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

/// The record to store for what another producer wrote.
struct Ingested {
    Record record;
    /// Why it cannot be handled as an event of its topic's type, whatever its handler does; else
    /// empty. It also stands in the record's headers; see refusal_of(). A body that does not decode
    /// has none: handling finds its faults.
    std::string refusal;
};

/// Event ids with this prefix are given to records of a log that bring no id of their own. No
/// producer's event may have one.
inline constexpr std::string_view reserved_id_prefix = "log:";

/// An event of the topic's type keeps its id; one without an id gets one made of its place in the
/// log and a digest of the record, so that reading the record again gives the same event. Whatever
/// is no such event stands under an id of that kind, with its bytes.
[[nodiscard]] Ingested ingest(const ReceivedRecord& record, const EventTypes& types, Time now);

/// As what is no event: for a record that the store refuses as the event that it is.
[[nodiscard]] Ingested ingest_by_place(const ReceivedRecord& record, const EventTypes& types,
                                       Time now, std::string refusal);

/// For a record that is too large for the store: the first 64 KiB of its value under the same id,
/// and in place of its headers the record's event type, partition, offset, size and digest.
[[nodiscard]] Ingested ingest_by_reference(const ReceivedRecord& record, const EventTypes& types,
                                           Time now, const std::string& refusal);

/// Why a stored record cannot be handled, whatever its handler does; else empty.
[[nodiscard]] std::string_view refusal_of(const Record& record) noexcept;

/// The key under which a record with this key is stored. It is the key itself, byte for byte, if it
/// is short enough for a store; else its beginning and a digest. Two keys never get the same.
[[nodiscard]] std::string stored_key(std::string_view key);

/// "<event type>/<partition>", as Parked::source has it.
[[nodiscard]] std::string source_of(const LogPartition& partition);

[[nodiscard]] bool is_ingested(const Record& record) noexcept;

/// The partition that an ingested record came from, as source_of() has it.
[[nodiscard]] std::string source_of_ingested(const Record& record);

/// Errors: invalid (a publisher asks for a reserved id).
[[nodiscard]] Result<void> check_event_id(std::string_view id);

/// Headers that a caller gives a new event, without those that only a relay or a reader of the log
/// may set: callers pass on the headers of what they handle.
[[nodiscard]] RecordHeaders callers_headers(RecordHeaders headers);

}  // namespace quipu::wire
