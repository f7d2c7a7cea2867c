// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quipu/log/kafka/config.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/partitioner.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// The number of partitions of a group's topics, and thereby the partition of a key. Not
/// thread-safe.
class PartitionCounts {
  public:
    /// `group` names the group in errors.
    PartitionCounts(std::shared_ptr<const Config> config, std::string group,
                    std::vector<std::string> event_types);

    /// Asks the brokers unless the counts are known, and waits a second at most. Errors:
    /// unavailable, not_found (a topic is missing).
    [[nodiscard]] Result<void> load(rd_kafka_t* client);
    void forget() { counts_.clear(); }

    /// As LogConsumer::partition_of; empty before load().
    [[nodiscard]] std::optional<LogPartition> partition_of(const std::string& event_type,
                                                           const std::string& key) const;

  private:
    const std::shared_ptr<const Config> config_;
    const std::string group_;
    const std::vector<std::string> event_types_;
    const Partitioner* partitioner_;                           ///< of this program's producer
    std::map<std::string, std::int32_t, std::less<>> counts_;  ///< by event type
};

}  // namespace quipu::kafka
