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

/// Up to where a group has read a partition: the offset of the next record, and the digest of the
/// record before it, by which that record is known again.
struct Checkpoint {
    LogPlace place;
    std::uint32_t digest = 0;

    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// Tracks which returned records of one partition are finished, for one assignment. Not
/// thread-safe.
class PartitionOffsets {
  public:
    /// Notes that a record is about to be returned. False if it, or a later one, was returned
    /// before.
    [[nodiscard]] bool give(std::int64_t offset, std::uint32_t digest);
    /// Notes that a record is finished. Unknown and repeated offsets have no effect.
    void finish(std::int64_t offset);

    /// The offset to commit: that after the longest finished prefix of the returned records. Empty
    /// until the first returned record is finished.
    [[nodiscard]] std::optional<std::int64_t> finished_up_to() const noexcept { return next_; }
    /// The offset after the last returned record; empty before the first.
    [[nodiscard]] std::optional<std::int64_t> given_up_to() const noexcept {
        return last_given_ < 0 ? std::nullopt : std::optional(last_given_ + 1);
    }
    /// The digest of the last record of that prefix.
    [[nodiscard]] std::uint32_t finished_digest() const noexcept { return next_digest_; }
    [[nodiscard]] std::uint32_t given_digest() const noexcept { return last_digest_; }
    [[nodiscard]] std::size_t unfinished() const noexcept;

  private:
    struct Given {
        std::int64_t offset;
        std::uint32_t digest;
        bool finished;
    };
    std::deque<Given> given_;  ///< ascending; the first one is unfinished
    std::int64_t last_given_ = -1;
    std::optional<std::int64_t> next_;
    std::uint32_t last_digest_ = 0;  ///< of the record at last_given_
    std::uint32_t next_digest_ = 0;  ///< of the record before next_
};

/// The offsets of a group member's assignment. Thread-safe.
class OffsetTracker {
  public:
    /// Adds partitions, or resets them if they are assigned already.
    void assign(const std::vector<LogPartition>& partitions);
    void revoke(const std::vector<LogPartition>& partitions);

    /// As PartitionOffsets::give; also false for a partition that is not assigned.
    [[nodiscard]] bool give(const LogPartition& partition, std::int64_t offset,
                            std::uint32_t digest);
    void finish(const LogPartition& partition, std::int64_t offset);

    /// The offsets to commit that have changed since the last call.
    [[nodiscard]] std::vector<Checkpoint> take_changes();
    /// The offsets to commit that the broker has not confirmed, taken by take_changes() or not.
    [[nodiscard]] std::vector<Checkpoint> unconfirmed(
        const std::vector<LogPartition>& partitions) const;
    void confirm(const LogPlace& place);
    /// Makes take_changes() return the partition again.
    void commit_failed(const LogPartition& partition);

    /// Sets the offset that the group had committed before this assignment; see committed().
    void set_committed(const LogPlace& place);
    /// The next offset to read after a restart: by finished records, or else as set.
    [[nodiscard]] std::optional<std::int64_t> committed(const LogPartition& partition) const;
    /// After the last record returned in this assignment; empty before the first.
    [[nodiscard]] std::optional<Checkpoint> last_given(const LogPartition& partition) const;
    /// The offset after the last record returned in this assignment, or else committed().
    [[nodiscard]] std::optional<std::int64_t> given(const LogPartition& partition) const;
    [[nodiscard]] std::vector<LogPartition> assigned() const;

  private:
    struct State {
        PartitionOffsets offsets;
        std::optional<std::int64_t> taken;
        std::optional<std::int64_t> confirmed;
        std::optional<std::int64_t> before;
    };

    /// The result of `offset_of`, or else the offset that the group had committed before.
    [[nodiscard]] std::optional<std::int64_t> next(
        const LogPartition& partition,
        std::optional<std::int64_t> (PartitionOffsets::*offset_of)() const noexcept) const;

    mutable Mutex mutex_;
    std::map<LogPartition, State> states_ QUIPU_GUARDED_BY(mutex_);
};

}  // namespace quipu::kafka
