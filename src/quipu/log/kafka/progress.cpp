// SPDX-License-Identifier: Apache-2.0
// How far a member of a group has come, and where a key belongs.
#include <algorithm>
#include <span>

#include "quipu/log/kafka/consumer.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/partitioner.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::kafka {
namespace {

constexpr int answer_within = 1000;  // ms, for each question

}  // namespace

Result<void> Consumer::count_partitions() {
    const rd_kafka_metadata_t* raw = nullptr;
    if (const auto code = rd_kafka_metadata(client_->get(), 1, nullptr, &raw, answer_within)) {
        return std::unexpected(call_error(code, "group " + options_.group + ": its topics", {}));
    }
    const Metadata metadata(raw);
    const std::span topics(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt));
    std::map<std::string, std::int32_t, std::less<>> counts;
    for (const std::string& type : options_.event_types) {
        const std::string name = config_->topic(type);
        const auto topic = std::ranges::find(topics, name, &rd_kafka_metadata_topic_t::topic);
        if (topic == topics.end() || topic->partition_cnt == 0) {
            return fail(ErrorCode::not_found,
                        "group " + options_.group + ": there is no topic " + name);
        }
        counts[type] = topic->partition_cnt;
    }
    counts_ = std::move(counts);
    return {};
}

Result<std::vector<LogProgress>> Consumer::progress() {
    if (counts_.empty()) {
        if (auto counted = count_partitions(); !counted) {
            return std::unexpected(std::move(counted.error()));
        }
    }
    std::map<LogPartition, LogProgress> all;
    std::vector<LogPlace> places;
    for (const LogPartition& partition : offsets_.assigned()) {
        all[partition] = {partition, offsets_.given(partition).value_or(0), 0};
        places.push_back({partition, 0});
    }
    // Asked for like a time stamp, these mean the next and the first offset.
    for (const std::int64_t which : {RD_KAFKA_OFFSET_END, RD_KAFKA_OFFSET_BEGINNING}) {
        for (LogPlace& place : places) {
            place.offset = which;
        }
        const PartitionList list = make_list(places, *config_);
        auto code = places.empty()
                        ? RD_KAFKA_RESP_ERR_NO_ERROR
                        : rd_kafka_offsets_for_times(client_->get(), list.get(), answer_within);
        for (const auto& element : elements(list.get())) {
            code = code == RD_KAFKA_RESP_ERR_NO_ERROR ? element.err : code;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return std::unexpected(
                call_error(code, "group " + options_.group + ": ends of its partitions", {}));
        }
        for (const auto& element : elements(list.get())) {
            const auto [partition, offset] = place_of(element, *config_);
            auto& progress = all[partition];
            if (which == RD_KAFKA_OFFSET_END) {
                progress.end = offset;
            } else {
                progress.given = std::max(progress.given, offset);
            }
        }
    }
    // Behind a partition's last record there may be marks of transactions, which nobody is given.
    for (const auto& [partition, source] : sources_) {
        if (const auto at = all.find(partition); at != all.end()) {
            at->second.given = std::max(at->second.given, source.end);
        }
    }
    // Received, but poll() has not given them yet.
    for (const ReceivedRecord& record : ready_) {
        auto& given = all[record.partition()].given;
        given = std::min(given, record.offset());
    }
    std::vector<LogProgress> found;
    found.reserve(all.size());
    for (auto& [partition, progress] : all) {
        found.push_back(std::move(progress));
    }
    return found;
}

std::optional<LogPartition> Consumer::partition_of(const std::string& event_type,
                                                   const std::string& key) {
    const auto count = counts_.find(event_type);
    if (count == counts_.end() || key.empty() || !partitioner_->by_key()) {
        return std::nullopt;
    }
    return LogPartition{event_type, partitioner_->expect(key, count->second)};
}

}  // namespace quipu::kafka
