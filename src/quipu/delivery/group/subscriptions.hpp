// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "quipu/store/store.hpp"

namespace quipu {

/// A type to which a group has newly subscribed.
struct NewSubscription {
    std::string event_type;
    std::int64_t passed = 0;  ///< stored events of it that the group will not be given
};

/// Compares a group's subscriptions with those that the store knows of its last start, and keeps
/// the new ones: a document of the collection `quipu.subscriptions`. Nothing is new for a group
/// that has not run before, or only by a version that kept none. Errors: those of the store.
[[nodiscard]] Result<std::vector<NewSubscription>> note_subscriptions(
    Store& store, const GroupPosition& group, std::vector<std::string> types);

}  // namespace quipu
