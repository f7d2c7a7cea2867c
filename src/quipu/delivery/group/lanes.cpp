// SPDX-License-Identifier: Apache-2.0
#include "lanes.hpp"

#include <algorithm>
#include <cassert>

namespace quipu {

Lane& Lanes::lane_of(const std::string& key) {
    auto& lane = lanes_[key];
    if (!lane) {
        lane = std::make_unique<Lane>();
        lane->key = key;
    }
    return *lane;
}

void Lanes::make_ready(Lane& lane) {
    if (lane.busy == 0 && lane.parked.empty() && !lane.waiting.empty()) {
        ready_.emplace(lane.waiting.front()->position, &lane);
    }
}

void Lanes::make_due(Lane& lane) {
    if (lane.busy == 0 && !lane.parked.empty()) due_.emplace(lane.parked.front().due_at, &lane);
}

void Lanes::forget_if_idle(Lane& lane) {
    if (lane.busy == 0 && lane.parked.empty() && lane.waiting.empty()) lanes_.erase(lane.key);
}

bool Lanes::add(RecordPtr record) {
    Lane& lane = lane_of(record->key);
    // Behind one that waits here already, whatever was parked after that one came.
    if (!lane.parked.empty() && lane.waiting.empty()) return false;
    const bool was_empty = lane.waiting.empty();
    lane.waiting.push_back(std::move(record));
    if (was_empty) make_ready(lane);
    return true;
}

void Lanes::add_parked(Parked parked) {
    Lane& lane = lane_of(parked.key);
    if (!lane.parked.empty()) due_.erase({lane.parked.front().due_at, &lane});
    if (!lane.waiting.empty()) ready_.erase(lane.waiting.front()->position);
    // While the first one is being retried it stays first, whatever its position.
    const auto from = lane.parked.begin() + (lane.busy > 0 && !lane.parked.empty() ? 1 : 0);
    const auto place = std::find_if(from, lane.parked.end(), [&](const Parked& other) {
        return other.position > parked.position;
    });
    lane.parked.insert(place, std::move(parked));
    ++parked_;
    make_due(lane);
}

bool Lanes::holds_parked(const Parked& parked) const {
    const auto found = lanes_.find(parked.key);
    return found != lanes_.end() &&
           std::any_of(found->second->parked.begin(), found->second->parked.end(),
                       [&](const Parked& other) { return other.position == parked.position; });
}

std::vector<Item> Lanes::take(std::size_t limit, bool interleave) {
    std::vector<Item> items;
    while (items.size() < limit && !ready_.empty()) {
        Lane& lane = *ready_.begin()->second;
        ready_.erase(ready_.begin());
        const std::size_t run = interleave ? 1 : limit - items.size();
        for (std::size_t taken = 0; taken < run && !lane.waiting.empty(); ++taken) {
            items.push_back({&lane, std::move(lane.waiting.front())});
            lane.waiting.pop_front();
            ++lane.busy;
        }
        if (interleave && !lane.waiting.empty()) {
            ready_.emplace(lane.waiting.front()->position, &lane);
        }
    }
    // With interleaving, lanes that still have records wait for the commit like the others.
    if (interleave) {
        std::erase_if(ready_, [](const auto& entry) { return entry.second->busy > 0; });
    }
    return items;
}

void Lanes::give_back(const std::vector<Item>& items) {
    for (auto item = items.rbegin(); item != items.rend(); ++item) {
        assert(item->lane->busy > 0);
        item->lane->waiting.push_front(item->record);
        --item->lane->busy;
        make_ready(*item->lane);
        make_due(*item->lane);
    }
}

void Lanes::done(const Item& item) {
    Lane& lane = *item.lane;
    assert(lane.busy > 0);
    --lane.busy;
    make_ready(lane);
    make_due(lane);
    forget_if_idle(lane);
}

Lane* Lanes::take_due(Time now) {
    if (due_.empty() || due_.begin()->first > now) return nullptr;
    Lane* lane = due_.begin()->second;
    due_.erase(due_.begin());
    ++lane->busy;
    return lane;
}

void Lanes::retried(Lane& lane, bool removed, Time now) {
    assert(lane.busy > 0);
    --lane.busy;
    if (removed) {
        lane.parked.pop_front();
        --parked_;
        // What waited behind may run at once.
        if (!lane.parked.empty() && lane.parked.front().attempts.empty()) {
            lane.parked.front().due_at = now;
        }
    }
    make_due(lane);
    make_ready(lane);
    forget_if_idle(lane);
}

std::vector<std::int64_t> Lanes::remove_waiting(const std::function<bool(const Record&)>& which) {
    std::vector<std::int64_t> removed;
    std::vector<Lane*> all;
    all.reserve(lanes_.size());
    for (const auto& [key, lane] : lanes_) all.push_back(lane.get());
    for (Lane* lane : all) {
        if (lane->waiting.empty()) continue;
        ready_.erase(lane->waiting.front()->position);
        std::erase_if(lane->waiting, [&](const RecordPtr& record) {
            if (!which(*record)) return false;
            removed.push_back(record->position);
            return true;
        });
        make_ready(*lane);
        forget_if_idle(*lane);
    }
    return removed;
}

bool Lanes::remove_parked(const std::function<bool(const Parked&)>& which) {
    bool all_removed = true;
    std::vector<Lane*> all;
    all.reserve(lanes_.size());
    for (const auto& [key, lane] : lanes_) all.push_back(lane.get());
    for (Lane* lane : all) {
        if (lane->parked.empty()) continue;
        due_.erase({lane->parked.front().due_at, lane});
        const bool retrying = lane->busy > 0;
        std::size_t index = 0;
        std::erase_if(lane->parked, [&](const Parked& parked) {
            const bool first = index++ == 0;
            if (!which(parked)) return false;
            if (first && retrying) {
                all_removed = false;
                return false;
            }
            --parked_;
            return true;
        });
        make_due(*lane);
        make_ready(*lane);
        forget_if_idle(*lane);
    }
    return all_removed;
}

std::optional<Time> Lanes::next_due() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

}  // namespace quipu
