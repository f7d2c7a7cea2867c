// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/recent_ids.hpp"

#include <algorithm>
#include <utility>

namespace quipu::stores {
namespace {

constexpr std::size_t generation = std::size_t{16} * 1024;

bool less(const UuidBytes& a, const UuidBytes& b) noexcept {
    return std::memcmp(a.data(), b.data(), a.size()) < 0;
}

}  // namespace

void RecentIds::begin(const UuidBytes& floor) {
    off_ = false;
    floor_ = floor;
    young_top_ = old_top_ = {};
    young_.clear();
    old_.clear();
}

bool RecentIds::eligible(const UuidBytes& id) noexcept {
    // Version 7, and a time before the year 2039: above that, ids of other versions abound, and
    // one of them would hide all that come after it.
    return static_cast<unsigned char>(id[0]) <= 1 && static_cast<unsigned char>(id[6]) >> 4 == 7;
}

bool RecentIds::certainly_new(const std::optional<UuidBytes>& id) const {
    return !off_ && id && eligible(*id) && less(floor_, *id) && !young_.contains(*id) &&
           !old_.contains(*id);
}

void RecentIds::stored(const std::optional<UuidBytes>& id) {
    if (off_ || !id || !eligible(*id)) {
        return;
    }
    if (young_.size() >= generation) {
        floor_ = std::max(floor_, old_top_, less);
        old_ = std::exchange(young_, {});
        old_top_ = std::exchange(young_top_, {});
        young_.reserve(generation);
    }
    young_.insert(*id);
    young_top_ = std::max(young_top_, *id, less);
}

}  // namespace quipu::stores
