// How long an event takes on its way through the store, the relay, Kafka and a group.
#pragma once

#include <cstddef>

#include "kafka_bare.hpp"
#include "quipu/log/topic_log.hpp"

namespace bench {

/// From Publisher::publish being called to the group's handler being called.
[[nodiscard]] Latency publish_to_handler(quipu::TopicLog& log, std::size_t per_second,
                                         std::size_t seconds);

/// From an event's commit in the store to the broker's acknowledgement.
[[nodiscard]] Latency relay_lag(quipu::TopicLog& log, std::size_t per_second, std::size_t seconds);

}  // namespace bench
