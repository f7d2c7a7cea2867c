// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace quipu {

/// A set of positions from 1 as disjoint, non-adjacent ranges. Remembers which ranges changed, so
/// that a table with one row per range can follow cheaply.
class IntervalSet {
  public:
    using Ranges = std::map<std::int64_t, std::int64_t>;  ///< first to last, inclusive

    /// Adds first..last; what is in it already stays.
    void add(std::int64_t first, std::int64_t last);
    [[nodiscard]] bool contains(std::int64_t position) const;
    /// The end of the range that begins at 1; 0 when 1 is not in the set.
    [[nodiscard]] std::int64_t prefix() const;
    /// The largest position, 0 when empty.
    [[nodiscard]] std::int64_t highest() const;
    /// How many positions of first..last are in the set.
    [[nodiscard]] std::int64_t count(std::int64_t first, std::int64_t last) const;
    [[nodiscard]] const Ranges& ranges() const noexcept { return ranges_; }

    /// The firsts of ranges that came, went or grew since the last call. May repeat.
    [[nodiscard]] std::vector<std::int64_t> take_changes();
    [[nodiscard]] bool changed() const noexcept { return !changes_.empty(); }

  private:
    Ranges ranges_;
    std::vector<std::int64_t> changes_;
};

}  // namespace quipu
