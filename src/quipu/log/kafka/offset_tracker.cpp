// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/offset_tracker.hpp"

#include <algorithm>

namespace quipu::kafka {

bool PartitionOffsets::give(std::int64_t offset, std::uint32_t digest) {
    if (offset <= last_given_) {
        return false;
    }
    last_given_ = offset;
    last_digest_ = digest;
    given_.push_back({offset, digest, false});
    return true;
}

void PartitionOffsets::finish(std::int64_t offset) {
    const auto at = std::ranges::lower_bound(given_, offset, {}, &Given::offset);
    if (at == given_.end() || at->offset != offset) {
        return;
    }
    at->finished = true;
    while (!given_.empty() && given_.front().finished) {
        next_ = given_.front().offset + 1;
        next_digest_ = given_.front().digest;
        given_.pop_front();
    }
}

std::size_t PartitionOffsets::unfinished() const noexcept {
    return static_cast<std::size_t>(std::ranges::count(given_, false, &Given::finished));
}

void OffsetTracker::assign(const std::vector<LogPartition>& partitions) {
    const MutexLock lock(mutex_);
    for (const auto& partition : partitions) {
        states_.insert_or_assign(partition, State{});
    }
}

void OffsetTracker::revoke(const std::vector<LogPartition>& partitions) {
    const MutexLock lock(mutex_);
    for (const auto& partition : partitions) {
        states_.erase(partition);
    }
}

bool OffsetTracker::give(const LogPartition& partition, std::int64_t offset, std::uint32_t digest) {
    const MutexLock lock(mutex_);
    const auto state = states_.find(partition);
    return state != states_.end() && state->second.offsets.give(offset, digest);
}

void OffsetTracker::finish(const LogPartition& partition, std::int64_t offset) {
    const MutexLock lock(mutex_);
    const auto state = states_.find(partition);
    if (state != states_.end()) {
        state->second.offsets.finish(offset);
    }
}

std::vector<Checkpoint> OffsetTracker::take_changes() {
    const MutexLock lock(mutex_);
    std::vector<Checkpoint> changes;
    for (auto& [partition, state] : states_) {
        const auto next = state.offsets.finished_up_to();
        if (next && next != state.taken) {
            state.taken = next;
            changes.push_back({{partition, *next}, state.offsets.finished_digest()});
        }
    }
    return changes;
}

std::vector<Checkpoint> OffsetTracker::unconfirmed(
    const std::vector<LogPartition>& partitions) const {
    const MutexLock lock(mutex_);
    std::vector<Checkpoint> places;
    for (const auto& partition : partitions) {
        const auto state = states_.find(partition);
        if (state == states_.end()) {
            continue;
        }
        const auto next = state->second.offsets.finished_up_to();
        if (next && next != state->second.confirmed) {
            places.push_back({{partition, *next}, state->second.offsets.finished_digest()});
        }
    }
    return places;
}

void OffsetTracker::confirm(const LogPlace& place) {
    const MutexLock lock(mutex_);
    if (const auto state = states_.find(place.partition); state != states_.end()) {
        state->second.confirmed = place.offset;
    }
}

void OffsetTracker::commit_failed(const LogPartition& partition) {
    const MutexLock lock(mutex_);
    if (const auto state = states_.find(partition); state != states_.end()) {
        state->second.taken.reset();
    }
}

void OffsetTracker::set_committed(const LogPlace& place) {
    const MutexLock lock(mutex_);
    if (const auto state = states_.find(place.partition); state != states_.end()) {
        state->second.before = place.offset;
    }
}

std::optional<std::int64_t> OffsetTracker::next(
    const LogPartition& partition,
    std::optional<std::int64_t> (PartitionOffsets::*offset_of)() const noexcept) const {
    const MutexLock lock(mutex_);
    const auto state = states_.find(partition);
    if (state == states_.end()) {
        return std::nullopt;
    }
    const auto offset = (state->second.offsets.*offset_of)();
    return offset ? offset : state->second.before;
}

std::optional<std::int64_t> OffsetTracker::committed(const LogPartition& partition) const {
    return next(partition, &PartitionOffsets::finished_up_to);
}

std::optional<Checkpoint> OffsetTracker::last_given(const LogPartition& partition) const {
    const MutexLock lock(mutex_);
    const auto state = states_.find(partition);
    if (state == states_.end()) {
        return std::nullopt;
    }
    const auto next = state->second.offsets.given_up_to();
    return next
               ? std::optional(Checkpoint{{partition, *next}, state->second.offsets.given_digest()})
               : std::nullopt;
}

std::optional<std::int64_t> OffsetTracker::given(const LogPartition& partition) const {
    return next(partition, &PartitionOffsets::given_up_to);
}

std::vector<LogPartition> OffsetTracker::assigned() const {
    const MutexLock lock(mutex_);
    std::vector<LogPartition> partitions;
    partitions.reserve(states_.size());
    for (const auto& [partition, state] : states_) {
        partitions.push_back(partition);
    }
    return partitions;
}

}  // namespace quipu::kafka
