// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/interval_set.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace quipu {

void IntervalSet::add(std::int64_t first, std::int64_t last) {
    if (last < first) {
        return;
    }
    auto at = ranges_.upper_bound(first);
    if (at != ranges_.begin()) {
        const auto before = std::prev(at);
        if (before->second >= last) {
            return;
        }
        if (before->second >= first - 1) {
            first = before->first;
            at = before;
        }
    }
    while (at != ranges_.end() && at->first <= last + 1) {
        last = std::max(last, at->second);
        if (at->first != first) {
            changes_.push_back(at->first);
        }
        at = ranges_.erase(at);
    }
    ranges_.emplace_hint(at, first, last);
    if (changes_.empty() || changes_.back() != first) {
        changes_.push_back(first);
    }
}

bool IntervalSet::contains(std::int64_t position) const {
    const auto after = ranges_.upper_bound(position);
    return after != ranges_.begin() && std::prev(after)->second >= position;
}

std::int64_t IntervalSet::prefix() const {
    const auto first = ranges_.begin();
    return first != ranges_.end() && first->first <= 1 ? first->second : 0;
}

std::int64_t IntervalSet::highest() const {
    return ranges_.empty() ? 0 : ranges_.rbegin()->second;
}

std::int64_t IntervalSet::count(std::int64_t first, std::int64_t last) const {
    std::int64_t total = 0;
    auto at = ranges_.upper_bound(first);
    if (at != ranges_.begin()) {
        --at;
    }
    for (; at != ranges_.end() && at->first <= last; ++at) {
        total +=
            std::max<std::int64_t>(0, std::min(last, at->second) - std::max(first, at->first) + 1);
    }
    return total;
}

std::vector<std::int64_t> IntervalSet::take_changes() {
    return std::exchange(changes_, {});
}

}  // namespace quipu
