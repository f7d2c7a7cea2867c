// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quipu/log/topic_log.hpp"

namespace quipu {

/// The records that a member has from a topic log and has not finished, each with its places there.
/// A record may have several, since a relay may publish it again. Not thread-safe.
class OpenPlaces {
  public:
    /// `key`: records with the same one begin in the store's order.
    void add(std::int64_t position, LogPlace place, const std::string& key);
    /// For a record that the log no longer has: the partition to which it belongs.
    void add_without_place(std::int64_t position, std::string source, const std::string& key);

    [[nodiscard]] bool contains(std::int64_t position) const { return open_.contains(position); }
    /// The partition that brought a record, as Parked::source; empty when there is none.
    [[nodiscard]] std::string source(std::int64_t position) const;
    /// The key it was added with; it must be here.
    [[nodiscard]] const std::string& key(std::int64_t position) const {
        return open_.at(position).key;
    }
    /// Removes a record and returns its places.
    std::vector<LogPlace> remove(std::int64_t position);
    /// The records that have no place outside `partitions`.
    [[nodiscard]] std::set<std::int64_t> only_in(const std::set<LogPartition>& partitions) const;
    /// Forgets places in `partitions` of records that have others.
    void forget_places(const std::set<LogPartition>& partitions);

  private:
    struct Open {
        std::vector<LogPlace> places;
        std::string source;  // where there is no place
        std::string key;
    };
    std::map<std::int64_t, Open> open_;
};

}  // namespace quipu
