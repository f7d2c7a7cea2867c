// SPDX-License-Identifier: Apache-2.0
// Records that a log brings out of order wait for the earlier ones of their key, which the store
// knows.
#include <algorithm>
#include <utility>

#include "group.hpp"
#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

constexpr std::size_t max_scan_batches = 8;
// With more records than this out of order, the group no longer waits for the log.
constexpr std::size_t max_out_of_order = 262'144;
constexpr std::chrono::milliseconds refresh_interval_out_of_order{50};
// When nothing has come for this long, the record that a key waits for is read from the store, even
// if another member may be handling it: the store lets one of the two finish it.
constexpr std::chrono::seconds order_patience{60};

}  // namespace

std::string DeliveryRuntime::Group::order_of(const Record& record) const {
    return binding_.options.serial ? std::string{} : record.key;
}

void DeliveryRuntime::Group::release_out_of_order() {
    if (out_of_order_.empty()) {
        const MutexLock lock(mutex_);
        static_cast<void>(predecessors_.take_released());
        return;
    }
    while (true) {
        std::vector<std::int64_t> ready;
        {
            const MutexLock lock(mutex_);
            if (stopping_) return;
            if (store_unreadable_ || predecessors_.size() >= max_predecessors) {
                for (auto at = out_of_order_.upper_bound(cursor_); at != out_of_order_.end();
                     ++at) {
                    predecessors_.release_if_first(at->first);
                }
            }
            for (const std::int64_t position : predecessors_.take_released()) {
                if (out_of_order_.contains(position) && known_up_to(position))
                    ready.push_back(position);
            }
        }
        const bool patient =
            out_of_order_.size() < max_out_of_order && Clock::now() - arrived_ < order_patience;
        if (ready.empty() && !out_of_order_.empty() && !patient) {
            take_predecessors();
            arrived_ = Clock::now();
        }
        if (ready.empty()) return;
        for (const std::int64_t position : ready) {
            // A position may be released twice.
            if (out_of_order_.contains(position)) begin_out_of_order(position);
        }
        arrived_ = Clock::now();
    }
}

void DeliveryRuntime::Group::begin_out_of_order(std::int64_t position) {
    Arrival& arrival = out_of_order_.at(position);
    while (arrival.record == nullptr) {
        auto stored = store_.at(position);
        if (stored && *stored) {
            arrival.record = std::make_shared<const Record>(std::move(**stored));
        } else if (stored) {
            // It was removed from the store, which counts as finished.
            out_of_order_.erase(position);
            const MutexLock lock(mutex_);
            finished_here(position);
            return;
        } else {
            back_off(stored.error());
            const MutexLock lock(mutex_);
            if (stopping_) return;
        }
    }
    const RecordPtr record = arrival.record;
    bool behind = false;
    {
        const MutexLock lock(mutex_);
        behind = !admit(arrival);
        changed_.notify_all();
    }
    out_of_order_.erase(position);
    if (behind) park_behind(record);
}

void DeliveryRuntime::Group::scan_store() {
    for (std::size_t round = 0; round < max_scan_batches; ++round) {
        std::int64_t from = 0;
        {
            const MutexLock lock(mutex_);
            from = cursor_;
            if (predecessors_.size() >= max_predecessors) break;
        }
        if (store_.last_position() <= from) break;
        const auto batch = store_.read(from, poll_batch);
        if (batch && batch->empty()) break;
        const MutexLock lock(mutex_);
        // What can never be read must not stop what the log brings.
        store_unreadable_ = !batch && !batch.error().retryable();
        if (!batch) {
            problem_ = batch.error().message;
            break;
        }
        for (const RecordPtr& record : *batch) {
            const std::int64_t position = record->position;
            if (!pass(*record) || is_finished_already(position)) continue;
            if (outstanding_.contains(position)) continue;
            predecessors_.add(position, order_of(*record));
            if (out_of_order_.contains(position)) predecessors_.release_if_first(position);
        }
    }
    flush_skipped(false);
}

void DeliveryRuntime::Group::refresh() {
    const auto now = Clock::now();
    if (now < next_refresh_) return;
    next_refresh_ =
        now + (out_of_order_.empty() ? refresh_interval : refresh_interval_out_of_order);
    std::vector<std::int64_t> awaited;
    {
        const MutexLock lock(mutex_);
        awaited = predecessors_.positions();
    }
    if (!awaited.empty()) {
        // Members in other processes finish records, too.
        if (const auto unfinished = store_.unfinished(name_, awaited)) {
            const std::set<std::int64_t> left(unfinished->begin(), unfinished->end());
            const MutexLock lock(mutex_);
            for (const std::int64_t position : awaited) {
                if (left.contains(position)) continue;
                predecessors_.remove(position);
                if (out_of_order_.erase(position) == 0) continue;
                finish_in_log(position);
            }
        }
    }
    if (!load_parked()) next_refresh_ = now;
}

}  // namespace quipu
