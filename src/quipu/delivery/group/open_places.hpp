// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "quipu/log/topic_log.hpp"

namespace quipu {

/// Where in a topic log the records stand that a group is working on. A record may stand at several
/// places, for a relay may publish it again. Thread-safe.
class OpenPlaces {
  public:
    void add(std::int64_t position, LogPlace place);
    /// For a record that the log does not have any more: the partition to which it belongs.
    void add_without_place(std::int64_t position, std::string source);
    /// Takes out the places of a record that is finished.
    [[nodiscard]] std::vector<LogPlace> take(std::int64_t position);
    /// The partition that brought it, as Parked::source; empty when there is none.
    [[nodiscard]] std::string source(std::int64_t position) const;
    /// Forgets the places in `partitions`; returns the positions that have no other place.
    [[nodiscard]] std::vector<std::int64_t> forget(const std::set<LogPartition>& partitions,
                                                   const std::set<std::int64_t>& among);
    /// Whether any record stands in one of `partitions`.
    [[nodiscard]] bool any_in(const std::set<LogPartition>& partitions) const;

  private:
    mutable std::mutex mutex_;
    std::map<std::int64_t, std::vector<LogPlace>> places_;
    std::map<std::int64_t, std::string> without_place_;  ///< sources
};

}  // namespace quipu
