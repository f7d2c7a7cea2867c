// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "quipu/log/kafka/config.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// Wraps a message without copying any of it. `client` is the client that received it.
[[nodiscard]] ReceivedRecord receive(Message message, std::shared_ptr<const LogPartition> partition,
                                     std::shared_ptr<rd_kafka_t> client);

[[nodiscard]] std::span<const rd_kafka_topic_partition_t> elements(
    const rd_kafka_topic_partition_list_t* list);
[[nodiscard]] LogPlace place_of(const rd_kafka_topic_partition_t& element, const Config& config);
[[nodiscard]] std::vector<LogPartition> partitions_of(const rd_kafka_topic_partition_list_t* list,
                                                      const Config& config);
[[nodiscard]] PartitionList make_list(const std::vector<LogPlace>& places, const Config& config);

}  // namespace quipu::kafka
