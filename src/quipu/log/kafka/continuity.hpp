// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "quipu/log/kafka/offset_tracker.hpp"

namespace quipu::kafka {

/// Finds out whether partitions are still the ones that were read before. The last record that was
/// read is received again: if it has another digest, or the partition ends before it, the topic was
/// deleted and created again, or truncated. Not thread-safe.
class Continuity {
  public:
    enum class Answer {
        continues,  ///< what has been received comes after what was read
        repeats,    ///< a record that was read before, or perhaps was
        restarts,   ///< the partition is another one; given once, and then repeats until clear()
        unknown,    ///< the last record must be fetched again; given once, as restarts is
    };

    /// Forgets all partitions, for a new assignment.
    void clear() { partitions_.clear(); }
    /// Fetching starts with the record before this checkpoint.
    void expect(const Checkpoint& last);
    /// The partition was missing for a while.
    void suspect(const LogPartition& partition) { partitions_[partition].is_suspect = true; }
    /// A record has been received at `offset`, or the partition's end, which has no digest. `given`
    /// is the last record that was returned.
    [[nodiscard]] Answer receive(const LogPartition& partition, std::int64_t offset,
                                 std::optional<std::uint32_t> digest, const OffsetTracker& given);

  private:
    struct Partition {
        std::int64_t received = -1;       ///< the greatest offset
        std::optional<Checkpoint> check;  ///< to be compared
        bool may_repeat = false;          ///< earlier records may come first
        bool is_suspect = false;
        bool is_ignored = false;  ///< until clear()
    };
    std::map<LogPartition, Partition> partitions_;
};

}  // namespace quipu::kafka
