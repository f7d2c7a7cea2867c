// SPDX-License-Identifier: Apache-2.0
// What a log brings before its time: a record waits for the earlier ones of its key, which the
// store knows of.
#include <algorithm>
#include <utility>

#include "group.hpp"
#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

constexpr std::size_t skim_batches = 8;
// Beyond this number of early ones, nobody waits for the log any more.
constexpr std::size_t max_early = 262'144;
constexpr std::chrono::milliseconds refresh_for_order{50};
// So long nothing may come before the record that a key waits for is taken from the store, even if
// another member may be at work on it: the store lets one of the two finish it.
constexpr std::chrono::seconds order_patience{60};

}  // namespace

std::string DeliveryRuntime::Group::order_of(const Record& record) const {
    return binding_.options.serial ? std::string{} : record.key;
}

void DeliveryRuntime::Group::release_early() {
    if (early_.empty()) {
        const std::lock_guard lock(mutex_);
        static_cast<void>(awaited_.take_firsts());
        return;
    }
    while (true) {
        std::vector<std::int64_t> ready;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            if (blind_ || awaited_.size() >= max_awaited) {
                for (auto at = early_.upper_bound(cursor_); at != early_.end(); ++at) {
                    awaited_.release_if_first(at->first);
                }
            }
            for (const std::int64_t position : awaited_.take_firsts()) {
                if (early_.contains(position) && known_up_to(position)) ready.push_back(position);
            }
        }
        const bool patient = early_.size() < max_early && Clock::now() - arrived_ < order_patience;
        if (ready.empty() && !early_.empty() && !patient) {
            take_predecessors();
            arrived_ = Clock::now();
        }
        if (ready.empty()) return;
        for (const std::int64_t position : ready) {
            // It may have been released for two reasons.
            if (early_.contains(position)) begin_early(position);
        }
        arrived_ = Clock::now();
    }
}

void DeliveryRuntime::Group::begin_early(std::int64_t position) {
    Arrival& arrival = early_.at(position);
    while (arrival.record == nullptr) {
        auto stored = store_.at(position);
        if (stored && *stored) {
            arrival.record = std::make_shared<const Record>(std::move(**stored));
        } else if (stored) {
            // It was taken out of the log, which counts as finished.
            early_.erase(position);
            const std::lock_guard lock(mutex_);
            finished_here(position);
            return;
        } else {
            wait_after(stored.error());
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
        }
    }
    const RecordPtr record = arrival.record;
    bool behind = false;
    {
        const std::lock_guard lock(mutex_);
        behind = !admit(arrival);
        changed_.notify_all();
    }
    early_.erase(position);
    if (behind) park_behind(record);
}

void DeliveryRuntime::Group::skim() {
    for (std::size_t round = 0; round < skim_batches; ++round) {
        std::int64_t from = 0;
        {
            const std::lock_guard lock(mutex_);
            from = cursor_;
            if (awaited_.size() >= max_awaited) break;
        }
        if (store_.last_position() <= from) break;
        const auto batch = store_.read(from, poll_batch);
        if (batch && batch->empty()) break;
        const std::lock_guard lock(mutex_);
        // What cannot be read for good must not hold up what the log brings.
        blind_ = !batch && !batch.error().retryable();
        if (!batch) {
            problem_ = batch.error().message;
            break;
        }
        for (const RecordPtr& record : *batch) {
            const std::int64_t position = record->position;
            if (!pass(*record) || is_finished_already(position)) continue;
            if (outstanding_.contains(position)) continue;
            awaited_.add(position, order_of(*record));
            if (early_.contains(position)) awaited_.release_if_first(position);
        }
    }
    flush_skipped(false);
}

void DeliveryRuntime::Group::refresh() {
    const auto now = Clock::now();
    if (now < next_refresh_) return;
    next_refresh_ = now + (early_.empty() ? refresh_interval : refresh_for_order);
    std::vector<std::int64_t> awaited;
    {
        const std::lock_guard lock(mutex_);
        awaited = awaited_.positions();
    }
    if (!awaited.empty()) {
        // Members in other processes finish theirs.
        if (const auto unfinished = store_.unfinished(name_, awaited)) {
            const std::set<std::int64_t> left(unfinished->begin(), unfinished->end());
            const std::lock_guard lock(mutex_);
            for (const std::int64_t position : awaited) {
                if (left.contains(position)) continue;
                awaited_.remove(position);
                if (early_.erase(position) == 0) continue;
                give_back(position);
            }
        }
    }
    if (!adopt_parked()) next_refresh_ = now;
}

}  // namespace quipu
