// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/repeated.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

namespace quipu::codec {

void drop_repeated_fields(Extra& extra) {
    auto& fields = extra.fields;
    if (fields.size() < 2) return;
    std::unordered_map<std::string_view, std::size_t> places;
    places.reserve(fields.size());
    std::vector<bool> keep(fields.size(), true);
    bool repeated = false;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto [place, is_new] = places.try_emplace(fields[i].first, i);
        if (is_new) continue;
        fields[place->second].second = std::move(fields[i].second);
        keep[i] = false;
        repeated = true;
    }
    if (!repeated) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!keep[i]) continue;
        if (kept != i) fields[kept] = std::move(fields[i]);
        ++kept;
    }
    fields.resize(kept);
}

}  // namespace quipu::codec
