// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "quipu/event/time.hpp"
#include "quipu/store/record_headers.hpp"

namespace quipu {

/// One stored event: what queries and delivery need to know, and the exact bytes of its JSON.
/// Stores and logs move Records; only the edges know the structs inside.
struct Record {
    std::int64_t position = 0;  ///< place in the log, from 1, without gaps; 0 before the append
    std::string event_id;
    std::string event_type;
    std::string key;                 ///< partition key: records of one key are handled in order
    std::string aggregate_id;        ///< empty when the event has none
    std::int64_t sequence = 0;       ///< place within the aggregate, from 1; 0 without an aggregate
    Time timestamp{};                ///< when it happened, by the producer's clock
    Time stored_at{};                ///< when it was appended, by the store's clock
    std::optional<Time> expires_at;  ///< when the TTL purge may remove it
    RecordHeaders headers;
    std::string body;  ///< the event's JSON, byte for byte as encoded or received
};

/// Records are shared between the writer, the tail cache and the groups; never changed once stored.
using RecordPtr = std::shared_ptr<const Record>;

}  // namespace quipu
