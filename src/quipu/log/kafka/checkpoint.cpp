// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/checkpoint.hpp"

#include <charconv>
#include <cstring>

#include "quipu/base/checksum.hpp"

namespace quipu::kafka {
namespace {

constexpr std::string_view prefix = "quipu-1:";

std::string_view view_of(const void* data, std::size_t size) {
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data), size);
}

}  // namespace

std::uint32_t digest_of(const rd_kafka_message_t& message) {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::string head = std::to_string(rd_kafka_message_timestamp(&message, &type)) + '/' +
                             std::to_string(message.key_len) + '/';
    std::uint32_t digest = stores::crc32_of(0, head);
    digest = stores::crc32_of(digest, view_of(message.key, message.key_len));
    return stores::crc32_of(digest, view_of(message.payload, message.len));
}

std::string metadata_of(std::uint32_t digest) {
    return std::string(prefix) + std::to_string(digest);
}

std::optional<std::uint32_t> digest_in(std::string_view metadata) {
    if (!metadata.starts_with(prefix)) {
        return std::nullopt;
    }
    metadata.remove_prefix(prefix.size());
    std::uint32_t digest = 0;
    const auto* const end = metadata.data() + metadata.size();
    const auto [last, error] = std::from_chars(metadata.data(), end, digest);
    return error == std::errc{} && last == end ? std::optional(digest) : std::nullopt;
}

std::optional<std::uint32_t> digest_in(const rd_kafka_topic_partition_t& committed) {
    return digest_in(view_of(committed.metadata, committed.metadata_size));
}

PartitionList make_list(const std::vector<Checkpoint>& checkpoints, const Config& config) {
    PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(checkpoints.size())));
    for (const Checkpoint& checkpoint : checkpoints) {
        const auto& [partition, offset] = checkpoint.place;
        auto* const element = rd_kafka_topic_partition_list_add(
            list.get(), config.topic(partition.event_type).c_str(), partition.partition);
        element->offset = offset;
        const std::string metadata = metadata_of(checkpoint.digest);
        // librdkafka frees it with the list.
        element->metadata = ::strdup(metadata.c_str());
        element->metadata_size = element->metadata == nullptr ? 0 : metadata.size();
    }
    return list;
}

}  // namespace quipu::kafka
