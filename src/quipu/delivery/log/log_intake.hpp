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
    RecordPtr record;
    LogPlace place;
    std::string refusal;  ///< why it can't be handled whatever its handler does; else empty
};

/// Gives every record of a topic log its position in the store. What this store's own relay
/// published is known by its origin; what another producer wrote is stored here first (ingested),
/// under its event id, so that it is one event however often the log has it. What is no event is
/// stored with its bytes all the same, under an id made of its place. Order is kept. Blocks for
/// one commit at most, or for one each where some are refused.
[[nodiscard]] Result<std::vector<Arrival>> take_in(Store& store, const EventTypes& types,
                                                   std::span<const ReceivedRecord> records,
                                                   Time now);

}  // namespace quipu
