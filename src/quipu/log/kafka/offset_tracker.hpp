// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// Which of the records that one partition gave are finished, for one assignment. Not thread-safe.
class PartitionOffsets {
  public:
    /// Records that a record is about to be given; false when it, or a later one, was given before.
    [[nodiscard]] bool give(std::int64_t offset);
    /// Unknown and repeated offsets have no effect.
    void finish(std::int64_t offset);

    /// The offset to commit: just behind the last record before which all are finished. None until
    /// the first record given is finished.
    [[nodiscard]] std::optional<std::int64_t> finished_up_to() const noexcept { return next_; }
    /// Just behind the last record given; none before the first.
    [[nodiscard]] std::optional<std::int64_t> given_up_to() const noexcept {
        return last_given_ < 0 ? std::nullopt : std::optional(last_given_ + 1);
    }
    [[nodiscard]] std::size_t unfinished() const noexcept;

  private:
    struct Given {
        std::int64_t offset;
        bool finished;
    };
    std::deque<Given> given_;  ///< ascending; the first one is unfinished
    std::int64_t last_given_ = -1;
    std::optional<std::int64_t> next_;
};

/// The offsets of a group member's assignment. Thread-safe.
class OffsetTracker {
  public:
    /// Starts over for these partitions.
    void assign(const std::vector<LogPartition>& partitions);
    void revoke(const std::vector<LogPartition>& partitions);

    /// As PartitionOffsets::give; also false for a partition that is not assigned.
    [[nodiscard]] bool give(const LogPartition& partition, std::int64_t offset);
    void finish(const LogPartition& partition, std::int64_t offset);

    /// What has changed since the last call, as places whose offset is the next one to read.
    [[nodiscard]] std::vector<LogPlace> take_changes();
    /// What the broker has not confirmed yet, whether take_changes() has given it or not.
    [[nodiscard]] std::vector<LogPlace> unconfirmed(
        const std::vector<LogPartition>& partitions) const;
    void confirm(const LogPlace& place);
    /// Makes take_changes() give the partition again.
    void commit_failed(const LogPartition& partition);

    /// Sets where the group stood before this member; see committed().
    void set_committed(const LogPlace& place);
    /// The next offset to read after a restart: from finished records, otherwise as set.
    [[nodiscard]] std::optional<std::int64_t> committed(const LogPartition& partition) const;
    /// Just behind what was given in this assignment, otherwise as committed().
    [[nodiscard]] std::optional<std::int64_t> given(const LogPartition& partition) const;
    [[nodiscard]] std::vector<LogPartition> assigned() const;

  private:
    struct State {
        PartitionOffsets offsets;
        std::optional<std::int64_t> taken;
        std::optional<std::int64_t> confirmed;
        std::optional<std::int64_t> before;
    };

    /// What `offset_of` says, otherwise where the group stood before.
    [[nodiscard]] std::optional<std::int64_t> next(
        const LogPartition& partition,
        std::optional<std::int64_t> (PartitionOffsets::*offset_of)() const noexcept) const;

    mutable Mutex mutex_;
    std::map<LogPartition, State> states_ QUIPU_GUARDED_BY(mutex_);
};

}  // namespace quipu::kafka
