// SPDX-License-Identifier: Apache-2.0
#include "open_places.hpp"

#include <algorithm>
#include <utility>

#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

std::set<std::string> sources(const std::set<LogPartition>& partitions) {
    std::set<std::string> found;
    for (const LogPartition& partition : partitions) found.insert(wire::source_of(partition));
    return found;
}

}  // namespace

void OpenPlaces::add(std::int64_t position, LogPlace place) {
    const MutexLock lock(mutex_);
    places_[position].push_back(std::move(place));
}

void OpenPlaces::add_without_place(std::int64_t position, std::string source) {
    const MutexLock lock(mutex_);
    without_place_[position] = std::move(source);
}

std::vector<LogPlace> OpenPlaces::take(std::int64_t position) {
    const MutexLock lock(mutex_);
    without_place_.erase(position);
    const auto found = places_.find(position);
    if (found == places_.end()) return {};
    std::vector<LogPlace> places = std::move(found->second);
    places_.erase(found);
    return places;
}

std::string OpenPlaces::source(std::int64_t position) const {
    const MutexLock lock(mutex_);
    const auto found = places_.find(position);
    if (found != places_.end()) return wire::source_of(found->second.front().partition);
    const auto without = without_place_.find(position);
    return without == without_place_.end() ? std::string{} : without->second;
}

std::vector<std::int64_t> OpenPlaces::forget(const std::set<LogPartition>& partitions,
                                             const std::set<std::int64_t>& among) {
    const MutexLock lock(mutex_);
    const std::set<std::string> gone = sources(partitions);
    std::vector<std::int64_t> homeless;
    for (const std::int64_t position : among) {
        const auto without = without_place_.find(position);
        if (without != without_place_.end() && gone.contains(without->second)) {
            without_place_.erase(without);
            homeless.push_back(position);
        }
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
    const MutexLock lock(mutex_);
    const std::set<std::string> gone = sources(partitions);
    const bool without = std::ranges::any_of(
        without_place_, [&](const auto& entry) { return gone.contains(entry.second); });
    return without || std::ranges::any_of(places_, [&](const auto& entry) {
               return std::ranges::any_of(entry.second, [&](const LogPlace& place) {
                   return partitions.contains(place.partition);
               });
           });
}

}  // namespace quipu
