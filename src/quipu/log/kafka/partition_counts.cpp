// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/partition_counts.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "quipu/log/kafka/errors.hpp"

namespace quipu::kafka {
namespace {

constexpr int answer_timeout = 1000;  // ms

}  // namespace

PartitionCounts::PartitionCounts(std::shared_ptr<const Config> config, std::string group,
                                 std::vector<std::string> event_types)
    : config_(std::move(config)),
      group_(std::move(group)),
      event_types_(std::move(event_types)),
      partitioner_(&Partitioner::of(config_->make(Role::producer).get())) {}

Result<void> PartitionCounts::load(rd_kafka_t* client) {
    if (!counts_.empty()) {
        return {};
    }
    const rd_kafka_metadata_t* raw = nullptr;
    if (const auto code = rd_kafka_metadata(client, 1, nullptr, &raw, answer_timeout)) {
        return std::unexpected(call_error(code, "group " + group_ + ": its topics", {}));
    }
    const Metadata metadata(raw);
    const std::span topics(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt));
    std::map<std::string, std::int32_t, std::less<>> counts;
    for (const std::string& type : event_types_) {
        const std::string name = config_->topic(type);
        const auto topic = std::ranges::find(topics, name, &rd_kafka_metadata_topic_t::topic);
        if (topic == topics.end() || topic->partition_cnt == 0) {
            return fail(ErrorCode::not_found, "group " + group_ + ": there is no topic " + name);
        }
        counts[type] = topic->partition_cnt;
    }
    counts_ = std::move(counts);
    return {};
}

std::optional<LogPartition> PartitionCounts::partition_of(const std::string& event_type,
                                                          const std::string& key) const {
    const auto count = counts_.find(event_type);
    if (count == counts_.end() || key.empty() || !partitioner_->by_key()) {
        return std::nullopt;
    }
    return LogPartition{event_type, partitioner_->expect(key, count->second)};
}

}  // namespace quipu::kafka
