// SPDX-License-Identifier: Apache-2.0
#include "pending_predecessors.hpp"

namespace quipu {

void PendingPredecessors::add(std::int64_t position, const std::string& key) {
    if (keys_.emplace(position, key).second) by_key_[key].insert(position);
}

void PendingPredecessors::remove(std::int64_t position) {
    const auto found = keys_.find(position);
    if (found == keys_.end()) return;
    const auto same_key = by_key_.find(found->second);
    const bool was_first = *same_key->second.begin() == position;
    same_key->second.erase(position);
    if (same_key->second.empty()) {
        by_key_.erase(same_key);
    } else if (was_first) {
        released_.push_back(*same_key->second.begin());
    }
    keys_.erase(found);
}

void PendingPredecessors::release_if_first(std::int64_t position) {
    const auto found = keys_.find(position);
    if (found != keys_.end() && first_of(found->second) == position) released_.push_back(position);
}

bool PendingPredecessors::before(std::int64_t position, const std::string& key) const {
    const auto same_key = by_key_.find(key);
    return same_key != by_key_.end() && *same_key->second.begin() < position;
}

std::vector<std::int64_t> PendingPredecessors::between(std::int64_t from, std::int64_t to) const {
    std::vector<std::int64_t> found;
    for (auto at = keys_.lower_bound(from); at != keys_.end() && at->first <= to; ++at) {
        found.push_back(at->first);
    }
    return found;
}

std::vector<std::int64_t> PendingPredecessors::positions() const {
    std::vector<std::int64_t> all;
    all.reserve(keys_.size());
    for (const auto& [position, key] : keys_) all.push_back(position);
    return all;
}

}  // namespace quipu
