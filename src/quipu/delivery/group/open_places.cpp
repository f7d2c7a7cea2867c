// SPDX-License-Identifier: Apache-2.0
#include "open_places.hpp"

#include <algorithm>
#include <utility>

#include "quipu/delivery/log/wire.hpp"

namespace quipu {

void OpenPlaces::add(std::int64_t position, LogPlace place, const std::string& key) {
    Open& open = open_[position];
    open.places.push_back(std::move(place));
    open.key = key;
}

void OpenPlaces::add_without_place(std::int64_t position, std::string source,
                                   const std::string& key) {
    Open& open = open_[position];
    open.source = std::move(source);
    open.key = key;
}

std::string OpenPlaces::source(std::int64_t position) const {
    const auto found = open_.find(position);
    if (found == open_.end()) return {};
    const Open& open = found->second;
    return open.places.empty() ? open.source : wire::source_of(open.places.front().partition);
}

std::vector<LogPlace> OpenPlaces::remove(std::int64_t position) {
    const auto found = open_.find(position);
    if (found == open_.end()) return {};
    std::vector<LogPlace> places = std::move(found->second.places);
    open_.erase(found);
    return places;
}

std::set<std::int64_t> OpenPlaces::only_in(const std::set<LogPartition>& partitions) const {
    std::set<std::string> sources;
    for (const LogPartition& partition : partitions) sources.insert(wire::source_of(partition));
    std::set<std::int64_t> found;
    for (const auto& [position, open] : open_) {
        const bool within = std::ranges::all_of(open.places, [&](const LogPlace& place) {
            return partitions.contains(place.partition);
        });
        if (within && (!open.places.empty() || sources.contains(open.source))) {
            found.insert(position);
        }
    }
    return found;
}

void OpenPlaces::forget_places(const std::set<LogPartition>& partitions) {
    for (auto& [position, open] : open_) {
        const auto gone = [&](const LogPlace& place) {
            return partitions.contains(place.partition);
        };
        if (!std::ranges::all_of(open.places, gone)) std::erase_if(open.places, gone);
    }
}

}  // namespace quipu
