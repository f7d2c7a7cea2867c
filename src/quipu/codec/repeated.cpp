// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/repeated.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

namespace quipu::codec {

void drop_repeated_members(Extra& extra) {
    auto& members = extra.members;
    if (members.size() < 2) return;
    std::unordered_map<std::string_view, std::size_t> places;
    places.reserve(members.size());
    std::vector<bool> keep(members.size(), true);
    bool repeated = false;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto [place, is_new] = places.try_emplace(members[i].first, i);
        if (is_new) continue;
        members[place->second].second = std::move(members[i].second);
        keep[i] = false;
        repeated = true;
    }
    if (!repeated) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (!keep[i]) continue;
        if (kept != i) members[kept] = std::move(members[i]);
        ++kept;
    }
    members.resize(kept);
}

}  // namespace quipu::codec
