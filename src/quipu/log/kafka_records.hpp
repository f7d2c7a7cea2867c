#pragma once

#include <span>
#include <vector>

#include "quipu/log/kafka_config.hpp"
#include "quipu/log/kafka_handles.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

[[nodiscard]] LogRecord make_record(const rd_kafka_message_t& message, const Config& config);

[[nodiscard]] std::span<const rd_kafka_topic_partition_t> elements(
    const rd_kafka_topic_partition_list_t* list);
[[nodiscard]] LogPlace place_of(const rd_kafka_topic_partition_t& element, const Config& config);
[[nodiscard]] std::vector<LogPartition> partitions_of(const rd_kafka_topic_partition_list_t* list,
                                                      const Config& config);
[[nodiscard]] PartitionList make_list(const std::vector<LogPlace>& places, const Config& config);

}  // namespace quipu::kafka
