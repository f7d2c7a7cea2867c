#include "open_places.hpp"

#include <algorithm>
#include <utility>

#include "wire.hpp"

namespace quipu {

void OpenPlaces::add(std::int64_t position, LogPlace place) {
    const std::lock_guard lock(mutex_);
    places_[position].push_back(std::move(place));
}

std::vector<LogPlace> OpenPlaces::take(std::int64_t position) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(position);
    if (found == places_.end()) return {};
    std::vector<LogPlace> places = std::move(found->second);
    places_.erase(found);
    return places;
}

std::string OpenPlaces::source(std::int64_t position) const {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(position);
    return found == places_.end() ? std::string{}
                                  : wire::source_of(found->second.front().partition);
}

std::vector<std::int64_t> OpenPlaces::forget(const std::set<LogPartition>& partitions,
                                             const std::set<std::int64_t>& among) {
    const std::lock_guard lock(mutex_);
    std::vector<std::int64_t> homeless;
    for (const std::int64_t position : among) {
        const auto found = places_.find(position);
        if (found == places_.end()) continue;
        std::erase_if(found->second,
                      [&](const LogPlace& place) { return partitions.contains(place.partition); });
        if (!found->second.empty()) continue;
        places_.erase(found);
        homeless.push_back(position);
    }
    return homeless;
}

bool OpenPlaces::any_in(const std::set<LogPartition>& partitions) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(places_, [&](const auto& entry) {
        return std::ranges::any_of(entry.second, [&](const LogPlace& place) {
            return partitions.contains(place.partition);
        });
    });
}

}  // namespace quipu
