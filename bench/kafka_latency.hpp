// SPDX-License-Identifier: Apache-2.0
// How long an event takes on its way through the store, the relay, Kafka and a group.
#pragma once

#include <cstddef>

#include "kafka_bare.hpp"
#include "quipu/log/topic_log.hpp"

namespace bench {

/// From Publisher::publish being called to the group's handler being called.
[[nodiscard]] Latency publish_to_handler(quipu::TopicLog& log, std::size_t per_second,
                                         std::size_t seconds);

/// Commits events to a store, as relay_lag does, and does nothing with them.
void only_store(std::size_t per_second, std::size_t seconds);

/// Of an event, from its commit in the store on.
struct RelayLag {
    Latency to_log;           ///< to the relay giving it to the log
    Latency to_acknowledged;  ///< to the broker's acknowledgement
};
[[nodiscard]] RelayLag relay_lag(quipu::TopicLog& log, std::size_t per_second, std::size_t seconds);

}  // namespace bench
