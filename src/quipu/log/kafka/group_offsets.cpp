// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/group_offsets.hpp"

#include <algorithm>
#include <span>
#include <thread>
#include <utility>

#include "quipu/log/kafka/checkpoint.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/former_offsets.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::kafka {
namespace {

using std::chrono::milliseconds;

constexpr auto commit_interval = milliseconds(500);
constexpr auto commit_again_after = milliseconds(100);
constexpr int look_up_timeout = 1000;  // ms
constexpr auto look_up_retry_after = std::chrono::seconds(5);

/// Whether a commit that failed in this way may succeed when it is sent again.
bool is_temporary(rd_kafka_resp_err_t code) {
    switch (code) {
        case RD_KAFKA_RESP_ERR__TRANSPORT:
        case RD_KAFKA_RESP_ERR__TIMED_OUT:
        case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
        case RD_KAFKA_RESP_ERR__WAIT_COORD:
        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
        case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NOT_COORDINATOR: return true;
        default: return false;
    }
}

}  // namespace

GroupOffsets::GroupOffsets(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
                           const std::string& group, bool from_earliest)
    : config_(std::move(config)),
      health_(std::move(health)),
      group_(config_->group_id(group)),
      former_group_(config_->former_group_id(group)),
      from_earliest_(from_earliest) {}

void GroupOffsets::use(rd_kafka_t* client) {
    client_ = client;
    responses_.reset(rd_kafka_queue_new(client));
}

void GroupOffsets::commit_if_due() {
    const auto now = Clock::now();
    await_responses(now);
    if (unanswered_ > 0 || now < next_commit_) {
        return;
    }
    next_commit_ = now + commit_interval;
    if (const auto changes = tracker_.take_changes(); !changes.empty()) {
        send(make_list(changes, *config_).get());
    }
}

rd_kafka_resp_err_t GroupOffsets::send(const rd_kafka_topic_partition_list_t* list) {
    const auto code = rd_kafka_commit_queue(client_, list, responses_.get(), nullptr, nullptr);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++unanswered_;
    } else {
        committed(code, list);
    }
    return code;
}

rd_kafka_resp_err_t GroupOffsets::await_responses(Clock::time_point end) {
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    while (unanswered_ > 0) {
        const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
        const EventHandle event(rd_kafka_queue_poll(
            responses_.get(), static_cast<int>(std::max(left, milliseconds(0)).count())));
        if (event == nullptr) {
            return RD_KAFKA_RESP_ERR__TIMED_OUT;
        }
        --unanswered_;
        code = rd_kafka_event_error(event.get());
        committed(code, rd_kafka_event_topic_partition_list(event.get()));
    }
    return code;
}

void GroupOffsets::committed(rd_kafka_resp_err_t code,
                             const rd_kafka_topic_partition_list_t* list) {
    if (code == RD_KAFKA_RESP_ERR__NO_OFFSET || list == nullptr) {
        return;
    }
    for (const auto& element : elements(list)) {
        const LogPlace place = place_of(element, *config_);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR && element.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            tracker_.confirm(place);
        } else {
            tracker_.commit_failed(place.partition);
        }
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        report_failure(code);
    }
}

void GroupOffsets::report_failure(rd_kafka_resp_err_t code) {
    health_->notify("warning", "commit " + group_,
                    call_error(code, "group " + group_ + ": offsets not committed", {}).message);
}

void GroupOffsets::commit_now(const std::vector<LogPartition>& partitions, milliseconds timeout) {
    const auto end = Clock::now() + timeout;
    // If the response does not come, the last commit is sent nevertheless: it may arrive last.
    await_responses(end);
    while (true) {
        const auto places = tracker_.unconfirmed(partitions);
        if (places.empty()) {
            return;
        }
        rd_kafka_resp_err_t code = send(make_list(places, *config_).get());
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            // librdkafka's synchronous commit waits without a limit while no broker answers.
            code = await_responses(end);
            if (unanswered_ > 0) {
                report_failure(code);
                return;
            }
        }
        if (!is_temporary(code) || Clock::now() + commit_again_after >= end) {
            return;
        }
        std::this_thread::sleep_for(commit_again_after);
    }
}

// The start is committed at once: a member that restarts before any record has arrived must not
// skip the records that were published in between.
std::optional<std::vector<Checkpoint>> GroupOffsets::set_start(
    rd_kafka_topic_partition_list_t* assignment, const std::set<LogPartition>& restarted) {
    std::vector<Checkpoint> checks;
    const PartitionList known(rd_kafka_topic_partition_list_copy(assignment));
    if (rd_kafka_committed(client_, known.get(), look_up_timeout) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::nullopt;
    }
    const PartitionList missing(rd_kafka_topic_partition_list_new(known->cnt));
    for (const auto& element : elements(known.get())) {
        if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return std::nullopt;
        }
        const LogPlace committed = place_of(element, *config_);
        const auto start = [&](std::int64_t offset) {
            rd_kafka_topic_partition_list_set_offset(assignment, element.topic, element.partition,
                                                     offset);
        };
        // What this member has returned is more than what it has committed.
        auto last = tracker_.last_given(committed.partition);
        if (!last && restarted.contains(committed.partition)) {
            start(RD_KAFKA_OFFSET_BEGINNING);
            continue;
        }
        if (const auto digest = digest_in(element); !last && digest && committed.offset > 0) {
            last = Checkpoint{committed, *digest};
        }
        if (last) {
            start(last->place.offset - 1);
            checks.push_back(*std::move(last));
        } else if (committed.offset >= 0) {
            start(committed.offset);
        } else {
            start(RD_KAFKA_OFFSET_BEGINNING);
            rd_kafka_topic_partition_list_add(missing.get(), element.topic, element.partition)
                ->offset = RD_KAFKA_OFFSET_END;
        }
    }
    const PartitionList starts(rd_kafka_topic_partition_list_new(known->cnt));
    const auto begin_at = [&](const rd_kafka_topic_partition_t& element) {
        rd_kafka_topic_partition_list_add(starts.get(), element.topic, element.partition)->offset =
            element.offset;
        rd_kafka_topic_partition_list_set_offset(assignment, element.topic, element.partition,
                                                 element.offset);
    };
    if (former_group_ && missing->cnt > 0) {
        const auto former = committed_offsets_of(*config_, health_, *former_group_, missing.get());
        if (!former) {
            health_->notify("warning", "former " + group_,
                            "group " + group_ + ": " + former.error().message);
            return std::nullopt;
        }
        for (const auto& element : elements(former->get())) {
            begin_at(element);
            rd_kafka_topic_partition_list_del(missing.get(), element.topic, element.partition);
        }
        if (starts->cnt > 0) {
            health_->notify("info", "former " + group_,
                            "group " + group_ + " continues from the committed offsets of group " +
                                *former_group_);
        }
    }
    if (!from_earliest_ && missing->cnt > 0) {
        // In place of a timestamp, this requests the next offset.
        if (rd_kafka_offsets_for_times(client_, missing.get(), look_up_timeout) !=
            RD_KAFKA_RESP_ERR_NO_ERROR) {
            return std::nullopt;
        }
        for (const auto& element : elements(missing.get())) {
            if (element.err != RD_KAFKA_RESP_ERR_NO_ERROR || element.offset < 0) {
                return std::nullopt;
            }
            begin_at(element);
        }
    }
    if (starts->cnt > 0) {
        send(starts.get());
    }
    return checks;
}

void GroupOffsets::look_up_if_due() {
    if (Clock::now() < next_look_up_) {
        return;
    }
    next_look_up_ = Clock::time_point::max();
    std::vector<LogPlace> wanted;
    for (auto& partition : tracker_.assigned()) {
        wanted.push_back({std::move(partition), RD_KAFKA_OFFSET_INVALID});
    }
    if (wanted.empty()) {
        return;
    }
    const PartitionList list = make_list(wanted, *config_);
    if (rd_kafka_committed(client_, list.get(), look_up_timeout) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        next_look_up_ = Clock::now() + look_up_retry_after;
        return;
    }
    wanted.clear();
    for (const auto& element : elements(list.get())) {
        LogPlace place = place_of(element, *config_);
        if (place.offset >= 0) {
            tracker_.set_committed(place);
        } else {
            // In place of a timestamp, these request the first and the next offset.
            place.offset = from_earliest_ ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
            wanted.push_back(std::move(place));
        }
    }
    if (wanted.empty()) {
        return;
    }
    const PartitionList starts = make_list(wanted, *config_);
    if (rd_kafka_offsets_for_times(client_, starts.get(), look_up_timeout) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
        next_look_up_ = Clock::now() + look_up_retry_after;
        return;
    }
    for (const auto& element : elements(starts.get())) {
        if (element.err == RD_KAFKA_RESP_ERR_NO_ERROR && element.offset >= 0) {
            tracker_.set_committed(place_of(element, *config_));
        }
    }
}

std::int64_t GroupOffsets::lag() const {
    std::int64_t total = 0;
    for (const auto& partition : tracker_.assigned()) {
        const auto next = tracker_.committed(partition);
        std::int64_t low = -1;
        std::int64_t high = -1;
        const auto code =
            rd_kafka_get_watermark_offsets(client_, config_->topic(partition.event_type).c_str(),
                                           partition.partition, &low, &high);
        if (!next || code != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) {
            return -1;
        }
        total += std::max<std::int64_t>(0, high - *next);
    }
    return total;
}

}  // namespace quipu::kafka
