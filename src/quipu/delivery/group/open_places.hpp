// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu {

/// The places in a topic log of the records that a group is working on. A record may have several,
/// since a relay may publish it again. Thread-safe.
class OpenPlaces {
  public:
    void add(std::int64_t position, LogPlace place);
    /// For a record that the log no longer has: the partition to which it belongs.
    void add_without_place(std::int64_t position, std::string source);
    /// Removes and returns the places of a record that is finished.
    [[nodiscard]] std::vector<LogPlace> take(std::int64_t position);
    /// The partition that brought a record, as Parked::source; empty when there is none.
    [[nodiscard]] std::string source(std::int64_t position) const;
    /// Forgets the places in `partitions`; returns the positions that have no other place.
    [[nodiscard]] std::vector<std::int64_t> forget(const std::set<LogPartition>& partitions,
                                                   const std::set<std::int64_t>& among);
    /// Whether any record has a place in one of `partitions`.
    [[nodiscard]] bool any_in(const std::set<LogPartition>& partitions) const;

  private:
    mutable Mutex mutex_;
    std::map<std::int64_t, std::vector<LogPlace>> places_ QUIPU_GUARDED_BY(mutex_);
    std::map<std::int64_t, std::string> without_place_ QUIPU_GUARDED_BY(mutex_);  ///< sources
};

}  // namespace quipu
