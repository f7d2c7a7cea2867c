// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace quipu {

/// The stored records that wait for their topic to be created. Not thread-safe.
class MissingTopics {
  public:
    void add(const std::string& event_type, std::int64_t position) {
        positions_[event_type].insert(position);
    }
    void remove(const std::string& event_type, std::int64_t position) {
        const auto found = positions_.find(event_type);
        if (found == positions_.end()) return;
        found->second.erase(position);
        if (found->second.empty()) positions_.erase(found);
    }
    void clear() { positions_.clear(); }

    [[nodiscard]] bool empty() const noexcept { return positions_.empty(); }
    [[nodiscard]] bool contains(const std::string& event_type) const {
        return positions_.contains(event_type);
    }
    [[nodiscard]] std::vector<std::string> event_types() const {
        std::vector<std::string> types;
        for (const auto& [type, positions] : positions_) types.push_back(type);
        return types;
    }
    [[nodiscard]] std::set<std::int64_t> positions(const std::string& event_type) const {
        const auto found = positions_.find(event_type);
        return found == positions_.end() ? std::set<std::int64_t>{} : found->second;
    }
    /// The lowest position; none when there is none.
    [[nodiscard]] std::optional<std::int64_t> first() const {
        std::optional<std::int64_t> lowest;
        for (const auto& [type, positions] : positions_) {
            lowest = std::min(lowest.value_or(*positions.begin()), *positions.begin());
        }
        return lowest;
    }

  private:
    std::map<std::string, std::set<std::int64_t>> positions_;  // by event type; none is empty
};

}  // namespace quipu
