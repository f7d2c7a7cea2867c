// SPDX-License-Identifier: Apache-2.0
// What a leading relay looks after now and then: topics that were missing, dead letters requeued.
#include <algorithm>
#include <utility>

#include "relay_impl.hpp"

namespace quipu {

namespace {

constexpr std::chrono::seconds look_interval{2};

}  // namespace

void Relay::Impl::look_after(Clock::time_point now) {
    {
        const std::lock_guard lock(mutex_);
        if (!active_ || now < next_look_) return;
        next_look_ = now + look_interval;
    }
    retry_missing_topics();
    take_requeued();
}

void Relay::Impl::retry_missing_topics() {
    std::vector<std::int64_t> positions;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [type, held] : missing_) {
            positions.insert(positions.end(), held.begin(), held.end());
        }
    }
    if (positions.empty()) return;
    std::vector<std::string> types;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [type, held] : missing_) types.push_back(type);
    }
    const auto states = log_.topics(types);
    if (!states) {
        set_problem(states.error().message);
        return;
    }
    for (const TopicState& state : *states) {
        std::set<std::int64_t> held;
        {
            const std::lock_guard lock(mutex_);
            held = missing_[state.event_type];
        }
        std::vector<RecordPtr> records;
        std::vector<std::int64_t> gone;
        for (const std::int64_t position : held) {
            if (records.size() >= options_.max_in_flight / 2) break;
            auto record = store_.at(position);
            if (!record) {
                set_problem(record.error().message);
                return;
            }
            if (*record) {
                records.push_back(std::make_shared<const Record>(std::move(**record)));
            } else {
                gone.push_back(position);  // taken out of the store
            }
        }
        // They are sent as if the log had lost them: in order, before anything new.
        const std::lock_guard lock(mutex_);
        auto& left = missing_[state.event_type];
        for (const RecordPtr& record : records) {
            left.erase(record->position);
            sent_[record->position] = {record, true};
            sent_bytes_ += record->body.size();
            ++again_;
        }
        for (const std::int64_t position : gone) {
            left.erase(position);
            done_.emplace_back(position, position);
        }
        // More may have come meanwhile.
        if (left.empty()) missing_.erase(state.event_type);
        changed_.notify_all();
    }
}

void Relay::Impl::take_requeued() {
    const auto parked = store_.parked(group_);
    if (!parked) {
        set_problem(parked.error().message);
        return;
    }
    for (const Parked& entry : *parked) {
        {
            const std::lock_guard lock(mutex_);
            const auto settled = std::ranges::any_of(
                unpark_, [&](const Parked& each) { return each.position == entry.position; });
            if (settled || requeued_.contains(entry.position)) continue;
        }
        auto record = store_.at(entry.position);
        if (!record) {
            set_problem(record.error().message);
            return;
        }
        const std::lock_guard lock(mutex_);
        if (!*record) {
            unpark_.push_back(entry);
            continue;
        }
        requeued_.emplace(entry.position, entry);
        sent_[entry.position] = {std::make_shared<const Record>(std::move(**record)), true};
        sent_bytes_ += sent_[entry.position].record->body.size();
        ++again_;
        changed_.notify_all();
    }
}

void Relay::Impl::notice(std::string_view level, const std::string& text) const {
    if (options_.notice) options_.notice(level, text);
}

void Relay::Impl::set_problem(std::string problem) {
    std::unique_lock lock(mutex_);
    problem_ = std::move(problem);
    changed_.wait_for(lock, error_wait, [&] { return stopping_; });
}

}  // namespace quipu
