// SPDX-License-Identifier: Apache-2.0
// Where a group stands: commits and lag.
#include <algorithm>
#include <span>

#include "quipu/log/kafka/consumer.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::kafka {
namespace {

using std::chrono::milliseconds;

constexpr auto commit_every = milliseconds(500);
constexpr auto commit_within = milliseconds(5000);
constexpr auto look_up_within = milliseconds(1000);
constexpr auto look_up_again = std::chrono::seconds(5);

}  // namespace

void Consumer::commit_if_due() {
    const auto now = Clock::now();
    if (now < next_commit_) {
        return;
    }
    next_commit_ = now + commit_every;
    const auto changes = offsets_.take_changes();
    if (changes.empty()) {
        return;
    }
    const PartitionList list = make_list(changes, *config_);
    if (const auto code = rd_kafka_commit(client_->get(), list.get(), 1)) {
        committed(code, list.get());
    }
}

void Consumer::committed(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* list) {
    if (code == RD_KAFKA_RESP_ERR__NO_OFFSET || list == nullptr) {
        return;
    }
    for (const auto& element : elements(list)) {
        const LogPlace place = place_of(element, *config_);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR && element.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            offsets_.confirm(place);
        } else {
            offsets_.commit_failed(place.partition);
        }
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        health_->tell(
            "warning", "commit " + options_.group,
            call_error(code, "group " + options_.group + ": offsets not committed", {}).message);
    }
}

void Consumer::commit_now(const std::vector<LogPartition>& partitions) {
    const auto places = offsets_.unconfirmed(partitions);
    if (places.empty()) {
        return;
    }
    // librdkafka's synchronous commit waits without limit while no broker answers.
    const PartitionList list = make_list(places, *config_);
    const Queue queue(rd_kafka_queue_new(client_->get()));
    rd_kafka_resp_err_t code =
        rd_kafka_commit_queue(client_->get(), list.get(), queue.get(), nullptr, nullptr);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const EventHandle event(
            rd_kafka_queue_poll(queue.get(), static_cast<int>(commit_within.count())));
        code = event == nullptr ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event.get());
    }
    committed(code, list.get());
}

/// Committed at once: who restarts before anything came must not begin behind what came meanwhile.
void Consumer::begin_at_end(rd_kafka_topic_partition_list_t* list) {
    const int timeout = static_cast<int>(look_up_within.count());
    const PartitionList known(rd_kafka_topic_partition_list_copy(list));
    if (rd_kafka_committed(client_->get(), known.get(), timeout) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    const PartitionList ends(rd_kafka_topic_partition_list_new(known->cnt));
    for (const auto& element : elements(known.get())) {
        if (element.err == RD_KAFKA_RESP_ERR_NO_ERROR && element.offset < 0) {
            rd_kafka_topic_partition_list_add(ends.get(), element.topic, element.partition)
                ->offset = RD_KAFKA_OFFSET_END;
        }
    }
    if (ends->cnt == 0 || rd_kafka_offsets_for_times(client_->get(), ends.get(), timeout) !=
                              RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    const PartitionList begun(rd_kafka_topic_partition_list_new(ends->cnt));
    for (const auto& element : elements(ends.get())) {
        if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR || element.offset < 0) {
            continue;
        }
        rd_kafka_topic_partition_list_add(begun.get(), element.topic, element.partition)->offset =
            element.offset;
        rd_kafka_topic_partition_list_set_offset(list, element.topic, element.partition,
                                                 element.offset);
    }
    if (begun->cnt > 0) {
        rd_kafka_commit(client_->get(), begun.get(), 1);
    }
}

void Consumer::look_up_committed() {
    if (Clock::now() < next_look_up_) {
        return;
    }
    next_look_up_ = Clock::time_point::max();
    const auto all = offsets_.assigned();
    std::vector<LogPlace> wanted;
    wanted.reserve(all.size());
    for (const auto& partition : all) {
        wanted.push_back({partition, RD_KAFKA_OFFSET_INVALID});
    }
    if (wanted.empty()) {
        return;
    }
    const int timeout = static_cast<int>(look_up_within.count());
    const PartitionList list = make_list(wanted, *config_);
    if (rd_kafka_committed(client_->get(), list.get(), timeout) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        next_look_up_ = Clock::now() + look_up_again;
        return;
    }
    wanted.clear();
    for (const auto& element : elements(list.get())) {
        LogPlace place = place_of(element, *config_);
        if (place.offset >= 0) {
            offsets_.set_committed(place);
        } else {
            // Asked for like a time stamp, these mean the first and the next offset.
            place.offset = options_.from_earliest ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
            wanted.push_back(std::move(place));
        }
    }
    if (wanted.empty()) {
        return;
    }
    const PartitionList starts = make_list(wanted, *config_);
    if (rd_kafka_offsets_for_times(client_->get(), starts.get(), timeout) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        next_look_up_ = Clock::now() + look_up_again;
        return;
    }
    for (const auto& element : elements(starts.get())) {
        if (element.err == RD_KAFKA_RESP_ERR_NO_ERROR && element.offset >= 0) {
            offsets_.set_committed(place_of(element, *config_));
        }
    }
}

std::int64_t Consumer::lag() {
    if (closed_) {
        return -1;
    }
    std::int64_t total = 0;
    for (const auto& partition : offsets_.assigned()) {
        const auto next = offsets_.committed(partition);
        std::int64_t low = -1;
        std::int64_t high = -1;
        const auto code = rd_kafka_get_watermark_offsets(
            client_->get(), config_->topic(partition.event_type).c_str(), partition.partition, &low,
            &high);
        if (!next || code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) {
            return -1;
        }
        total += std::max<std::int64_t>(0, high - *next);
    }
    return total;
}

}  // namespace quipu::kafka
