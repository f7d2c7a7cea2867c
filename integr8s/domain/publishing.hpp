// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/delivery/effects.hpp"

namespace integr8s {

/// Options for an event of an execution: the execution is aggregate and key, so that all its events
/// are in order. If `user_id` is empty, the event gets the user of the causing event.
[[nodiscard]] inline quipu::PublishOptions about(std::string_view execution_id,
                                                 std::string_view user_id) {
    quipu::PublishOptions options;
    options.aggregate_id = std::string(execution_id);
    options.key = std::string(execution_id);
    if (!user_id.empty()) options.user_id = std::string(user_id);
    return options;
}

/// The user on whose behalf an event happened; empty if there is none.
[[nodiscard]] inline std::string user_of(const quipu::EventHeader& header) {
    return header.metadata.user_id.value_or(std::string{});
}

}  // namespace integr8s
