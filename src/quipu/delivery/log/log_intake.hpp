// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "quipu/event/catalogue.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// A record of a topic log and its place in the store.
struct Arrival {
    /// Never null. Its position is 0 for a tombstone, which is not stored: every group has finished
    /// position 0.
    RecordPtr record;
    LogPlace place;
    std::string refusal;  ///< why it can't be handled whatever its handler does; else empty
};

/// Gives every record of a topic log its position in the store. A record that this store's own
/// relay published is known by its origin. What another producer wrote is stored here first
/// (ingested) under its event id, so that it is one event however often the log has it. What is no
/// event is stored with its bytes all the same, and what the store refuses for good is stored as
/// much as it takes: such a record has a refusal and holds up no other. Tombstones are passed over.
/// Order is kept. Blocks for a few commits at most, or for some for each record that is refused.
/// Errors: those of the store that waiting can mend.
[[nodiscard]] Result<std::vector<Arrival>> take_in(Store& store, const EventTypes& types,
                                                   std::span<const ReceivedRecord> records,
                                                   Time now);

}  // namespace quipu
