// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "quipu/base/error.hpp"
#include "quipu/log/kafka/config.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/health.hpp"

namespace quipu::kafka {

/// The committed offsets of the group with the id `group_id` for those of `partitions` that have
/// one; empty if this user may not describe the group. Waits up to three seconds. Errors:
/// unavailable (no answer in time), or what the brokers said.
///
/// The question is asked by a client of its own, which does not join the group. librdkafka's admin
/// API can ask it, too, but librdkafka 2.0.2 ends the program if the coordinator's connection is
/// lost at the wrong moment (an assertion in rd_kafka_enq_once_del_source_return).
[[nodiscard]] Result<PartitionList> committed_offsets_of(
    const Config& config, std::shared_ptr<Health> health, const std::string& group_id,
    const rd_kafka_topic_partition_list_t* partitions);

}  // namespace quipu::kafka
