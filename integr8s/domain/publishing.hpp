// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "quipu/delivery/effects.hpp"

namespace integr8s {

/// Options for an event about an execution: it is the aggregate and the key, so that all events of
/// one execution are in order. An empty `user_id` leaves the user to be that of the causing event.
[[nodiscard]] inline quipu::PublishOptions about(std::string_view execution_id,
                                                 std::string_view user_id) {
    quipu::PublishOptions options;
    options.aggregate_id = std::string(execution_id);
    options.key = std::string(execution_id);
    if (!user_id.empty()) options.user_id = std::string(user_id);
    return options;
}

/// The user whom an event happened for; empty when it names nobody.
[[nodiscard]] inline std::string user_of(const quipu::EventHeader& header) {
    return header.metadata.user_id.value_or(std::string{});
}

}  // namespace integr8s
