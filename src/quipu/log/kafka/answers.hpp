// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "quipu/log/kafka/handles.hpp"

namespace quipu::kafka {

inline constexpr const char* retention_name = "retention.ms";

/// The limit of topics and clients: an event of at most 1 MiB, with key and headers.
inline constexpr int max_record_bytes = 2 * 1024 * 1024;

template <class Pointer>
std::vector<typename Pointer::pointer> raw_pointers(const std::vector<Pointer>& owners) {
    std::vector<typename Pointer::pointer> raw;
    raw.reserve(owners.size());
    for (const auto& owner : owners) {
        raw.push_back(owner.get());
    }
    return raw;
}

/// The topics in a response to DescribeConfigs. Valid as long as the event.
inline std::span<const rd_kafka_ConfigResource_t*> described(rd_kafka_event_t* event) {
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    return {resources, count};
}

inline std::span<const rd_kafka_ConfigEntry_t*> entries(const rd_kafka_ConfigResource_t* resource) {
    std::size_t count = 0;
    const auto** list = rd_kafka_ConfigResource_configs(resource, &count);
    return {list, count};
}

}  // namespace quipu::kafka
