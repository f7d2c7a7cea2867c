// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/log/kafka/config.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/offset_tracker.hpp"

/// A committed offset says which record comes next, but not in which topic: if the topic is deleted
/// and made anew, or truncated, the offset stands for another record. So a checkpoint also has a
/// digest of the record before it, as the metadata of the committed offset.
namespace quipu::kafka {

/// The digest of a record: of its key, value and timestamp.
[[nodiscard]] std::uint32_t digest_of(const rd_kafka_message_t& message);

/// The metadata of a committed offset.
[[nodiscard]] std::string metadata_of(std::uint32_t digest);
/// Empty if it is not such metadata, as with offsets that an earlier version or a tool committed.
[[nodiscard]] std::optional<std::uint32_t> digest_in(std::string_view metadata);
[[nodiscard]] std::optional<std::uint32_t> digest_in(const rd_kafka_topic_partition_t& committed);

/// The list with which checkpoints are committed.
[[nodiscard]] PartitionList make_list(const std::vector<Checkpoint>& checkpoints,
                                      const Config& config);

}  // namespace quipu::kafka
