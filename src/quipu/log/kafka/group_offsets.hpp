// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quipu/log/kafka/config.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/health.hpp"
#include "quipu/log/kafka/offset_tracker.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// Commits and looks up the offsets of a group member's assignment. Used by the thread that polls
/// the consumer; the tracker is thread-safe.
///
/// A commit is sent when the one before it has been answered. librdkafka repeats a commit whose
/// answer is lost, and the broker applies commits in the order in which they arrive: an earlier one
/// that is repeated late would undo a later one.
class GroupOffsets {
  public:
    /// `group` is the group's name without a prefix.
    GroupOffsets(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
                 const std::string& group, bool from_earliest);

    /// Sets the member's client, which must outlive this object. Call it before all other
    /// functions.
    void use(rd_kafka_t* client);
    [[nodiscard]] OffsetTracker& tracker() noexcept { return tracker_; }
    [[nodiscard]] const OffsetTracker& tracker() const noexcept { return tracker_; }

    /// Commits what has been finished since the last commit; does not wait for the response.
    void commit_if_due();
    /// Commits what has been finished in these partitions and waits at most `timeout` for the
    /// response. A commit that fails for a temporary reason is sent again until then.
    void commit_now(const std::vector<LogPartition>& partitions, std::chrono::milliseconds timeout);

    /// Sets the start offsets of an assignment. A partition of which a record has been returned, or
    /// finished before, starts with that record, so that its digest can be compared; the result has
    /// these partitions. Those of `restarted` start at the beginning otherwise. A partition without
    /// a committed offset starts where the former group.id was, or else at the end if the group
    /// starts at the latest record. Empty if the brokers did not answer in time; then call it
    /// again.
    [[nodiscard]] std::optional<std::vector<Checkpoint>> set_start(
        rd_kafka_topic_partition_list_t* assignment, const std::set<LogPartition>& restarted);

    /// Makes the next call of look_up_if_due() look up the committed offsets of a new assignment.
    void look_up_soon() { next_look_up_ = Clock::now(); }
    void look_up_if_due();
    /// As LogConsumer::lag.
    [[nodiscard]] std::int64_t lag() const;

  private:
    using Clock = std::chrono::steady_clock;

    /// Sends a commit; an error that prevents it is handled like the broker's response.
    rd_kafka_resp_err_t send(const rd_kafka_topic_partition_list_t* list);
    /// The response to the commit sent last, after all responses before it. __TIMED_OUT if it does
    /// not come until `end`, no error if there is no commit without a response.
    rd_kafka_resp_err_t await_responses(Clock::time_point end);
    /// Handles the broker's response to a commit.
    void committed(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* list);
    void report_failure(rd_kafka_resp_err_t code);

    const std::shared_ptr<const Config> config_;
    const std::shared_ptr<Health> health_;
    const std::string group_;                        ///< its group.id
    const std::optional<std::string> former_group_;  ///< Config::former_group_id
    const bool from_earliest_;
    rd_kafka_t* client_ = nullptr;
    Queue responses_;     ///< to commits
    int unanswered_ = 0;  ///< commits; more than one only after a commit_now() that timed out
    OffsetTracker tracker_;
    Clock::time_point next_commit_{};
    Clock::time_point next_look_up_ = Clock::time_point::max();
};

}  // namespace quipu::kafka
