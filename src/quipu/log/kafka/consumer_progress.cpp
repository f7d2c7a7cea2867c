// SPDX-License-Identifier: Apache-2.0
// How far a member has read.
#include <algorithm>
#include <utility>

#include "quipu/log/kafka/consumer.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::kafka {
namespace {

constexpr int offsets_timeout = 1000;  // ms, for each request

}  // namespace

bool Consumer::at_end() {
    const auto ended =
        std::ranges::count_if(sources_, [](const auto& source) { return source.second.ended; });
    return joined_ && ready_.empty() &&
           static_cast<std::size_t>(ended) == offsets_.tracker().assigned().size();
}

Result<std::vector<LogProgress>> Consumer::progress() {
    if (auto loaded = partition_counts_.load(client_->get()); !loaded) {
        return std::unexpected(std::move(loaded.error()));
    }
    std::map<LogPartition, LogProgress> all;
    std::vector<LogPlace> places;
    for (const LogPartition& partition : offsets_.tracker().assigned()) {
        all[partition] = {partition, offsets_.tracker().given(partition).value_or(0), 0};
        places.push_back({partition, 0});
    }
    // In place of a timestamp, these request the next and the first offset.
    for (const std::int64_t which : {RD_KAFKA_OFFSET_END, RD_KAFKA_OFFSET_BEGINNING}) {
        for (LogPlace& place : places) {
            place.offset = which;
        }
        const PartitionList list = make_list(places, *config_);
        auto code = places.empty()
                        ? RD_KAFKA_RESP_ERR_NO_ERROR
                        : rd_kafka_offsets_for_times(client_->get(), list.get(), offsets_timeout);
        for (const auto& element : elements(list.get())) {
            code = code == RD_KAFKA_RESP_ERR_NO_ERROR ? element.err : code;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return std::unexpected(
                call_error(code, "group " + group_ + ": end offsets of its partitions", {}));
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
    // A partition's last record may be followed by transaction markers, which consumers do not
    // receive.
    for (const auto& [partition, source] : sources_) {
        if (const auto at = all.find(partition); at != all.end()) {
            at->second.given = std::max(at->second.given, source.end);
        }
    }
    // Received, but not returned by poll() yet.
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

}  // namespace quipu::kafka
