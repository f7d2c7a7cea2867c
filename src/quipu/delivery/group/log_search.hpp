// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// Finds out which partitions will bring none of the records that a member still misses: retention
/// was shorter than the group's absence, the topics were created anew, or the broker refused the
/// event. The store still has those records.
///
/// A timeout could not tell, since the group may have hours of work ahead. But everything that the
/// log was given up to the relay's checkpoint lies before the ends that the partitions have after
/// that. A member that has passed the end of a partition without meeting a record that belongs
/// there will not meet it.
///
/// Belongs to the reader thread.
class LogSearch {
  public:
    LogSearch(Store& store, std::chrono::milliseconds patience)
        : store_(store), patience_(patience) {}

    /// Looks again if that is due. `missing` is the first record that the log has to bring, if
    /// any; `cursor` is how far the store is known.
    void look(LogConsumer& consumer, std::optional<std::int64_t> missing, std::int64_t cursor);

    /// The part of the store that is to be looked through for missing records; empty (first beyond
    /// last) when there is none now.
    struct Range {
        std::int64_t first = 1;
        std::int64_t last = 0;
        [[nodiscard]] bool empty() const noexcept { return first > last; }
    };
    [[nodiscard]] Range range(std::int64_t cursor) const;
    /// Whether the partition with this name (as Parked::source) brings no missing record any more.
    [[nodiscard]] bool has_passed(const std::string& source) const;
    /// Everything up to `last` has been looked through, and `taken` records were found missing.
    void advance(std::int64_t last, std::size_t taken);

    /// What a completed search found.
    struct Found {
        std::size_t taken = 0;
        std::int64_t up_to = 0;
    };
    /// Ends the search if it is complete.
    [[nodiscard]] std::optional<Found> finish();
    /// The assigned partitions have changed.
    void reset();

  private:
    using Clock = std::chrono::steady_clock;
    struct Search {
        std::int64_t checkpoint = 0;  // the relay's: the log was given everything up to here
        /// The ends that partitions had after that, until a partition has passed its own.
        std::map<LogPartition, std::int64_t> ends;
        std::set<std::string> passed;  // sources of the partitions that have
        std::int64_t next = 0;         // where to go on looking in the store
        std::size_t taken = 0;
    };
    [[nodiscard]] bool begin(LogConsumer& consumer, std::int64_t first);

    Store& store_;
    const std::chrono::milliseconds patience_;
    std::optional<Search> search_;
    std::int64_t first_missing_ = 0;  // when last looked for
    int fruitless_searches_ = 0;      // in a row
    Clock::time_point next_look_{};
};

}  // namespace quipu
