// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/catalogue.hpp"

#include <algorithm>
#include <bit>

#include "quipu/base/nearest.hpp"

namespace quipu {

namespace {

std::uint64_t hash_of(std::string_view text) noexcept {
    // FNV-1a. The set of names is fixed when the program is compiled, so no attacker can choose
    // colliding ones.
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1099511628211ULL;
    }
    return hash;
}

}  // namespace

EventTypes detail::make_event_types(std::span<const EventSource> sources) {
    std::vector<EventInfo> infos;
    infos.reserve(sources.size());
    for (const EventSource& source : sources) {
        infos.push_back({.event_type = source.event_type,
                         .payload = &source.payload(),
                         .terminal = source.terminal,
                         .external = source.external,
                         .category = source.category,
                         .retry = *source.retry,
                         .topic = *source.topic,
                         .indexed = {source.indexed.begin(), source.indexed.end()}});
    }
    return EventTypes(std::move(infos));
}

EventTypes::EventTypes(std::vector<EventInfo> infos)
    : infos_(std::move(infos)), slots_(std::bit_ceil(infos_.size() * 4), 0) {
    for (std::size_t index = 0; index < infos_.size(); ++index) {
        slots_[slot_of(infos_[index].event_type)] = static_cast<std::uint32_t>(index + 1);
    }
}

std::size_t EventTypes::slot_of(std::string_view event_type) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_of(event_type) & mask;
    while (slots_[slot] != 0 && infos_[slots_[slot] - 1].event_type != event_type) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

std::size_t EventTypes::index_of(std::string_view event_type) const noexcept {
    const std::uint32_t found = slots_[slot_of(event_type)];
    return found == 0 ? npos : found - 1;
}

const EventInfo* EventTypes::find(std::string_view event_type) const noexcept {
    const std::size_t index = index_of(event_type);
    return index == npos ? nullptr : &infos_[index];
}

std::string_view EventTypes::nearest(std::string_view event_type) const {
    event_type = event_type.substr(0, 100);
    const auto closest =
        std::min_element(infos_.begin(), infos_.end(), [&](const EventInfo& a, const EventInfo& b) {
            return edit_distance(a.event_type, event_type) <
                   edit_distance(b.event_type, event_type);
        });
    return closest->event_type;
}

std::vector<std::string> EventTypes::indexed_fields() const {
    std::vector<std::string> names;
    for (const EventInfo& info : infos_) {
        names.insert(names.end(), info.indexed.begin(), info.indexed.end());
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

}  // namespace quipu
