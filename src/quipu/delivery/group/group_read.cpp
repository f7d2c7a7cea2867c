// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "group.hpp"

namespace quipu {

namespace {

constexpr std::size_t read_batch = 256;
constexpr std::chrono::milliseconds idle_wait{250};
constexpr std::chrono::milliseconds error_wait{500};
// Offsets advance with the next commit anyway; on their own there is no hurry, since passing over
// the same records again costs little.
constexpr std::chrono::seconds skipped_age{2};
constexpr std::size_t skipped_ranges = 1024;

}  // namespace

void DeliveryRuntime::Group::read_loop() {
    while (true) {
        std::int64_t from = 0;
        std::size_t room = 0;
        if (Clock::now() >= next_refresh_ && load_parked()) {
            next_refresh_ = Clock::now() + refresh_interval;
        }
        {
            MutexLock lock(mutex_);
            const bool has_room =
                changed_.wait_for(mutex_, refresh_interval, [&]() QUIPU_REQUIRES(mutex_) {
                    return stopping_ || outstanding_.size() < binding_.options.max_in_flight;
                });
            if (stopping_) break;
            if (!has_room) continue;
            from = cursor_;
            room = binding_.options.max_in_flight - outstanding_.size();
        }
        auto batch = store_.read(from, std::min(room, read_batch));
        if (!batch) {
            MutexLock lock(mutex_);
            problem_ = batch.error().message;
            changed_.wait_for(mutex_, error_wait,
                              [&]() QUIPU_REQUIRES(mutex_) { return stopping_; });
            continue;
        }
        if (batch->empty()) {
            flush_skipped(false);
            store_.wait_beyond(from, idle_wait);
            continue;
        }
        accept(*batch);
    }
    flush_skipped(true);
    const MutexLock lock(mutex_);
    --running_threads_;
    changed_.notify_all();
}

bool DeliveryRuntime::Group::load_parked() {
    std::uint64_t settled = 0;
    {
        const MutexLock lock(mutex_);
        if (parking_commits_ > 0) return false;
        settled = parking_commits_settled_;
    }
    auto parked = store_.parked(name_);
    const MutexLock lock(mutex_);
    // A list from before such a commit would bring back what is settled.
    if (parking_commits_ > 0 || parking_commits_settled_ != settled) return false;
    if (!parked) return true;
    for (Parked& entry : *parked) {
        const bool ours =
            consumer_ == nullptr || entry.source.empty() || sources_.contains(entry.source);
        if (ours && !lanes_.holds_parked(entry)) lanes_.add_parked(std::move(entry));
    }
    changed_.notify_all();
    return true;
}

bool DeliveryRuntime::Group::pass(const Record& record) {
    const std::int64_t position = record.position;
    // A purge or an archived event leaves a gap, which holds nothing for this group either.
    const std::int64_t first = cursor_ + 1;
    cursor_ = position;
    const bool ours = subscriptions_.contains(record.event_type);
    const std::int64_t skip_to = ours ? position - 1 : position;
    if (first > skip_to) return ours;
    if (skipped_.empty()) skipped_since_ = Clock::now();
    if (!skipped_.empty() && skipped_.back().second == first - 1) {
        skipped_.back().second = skip_to;
    } else {
        skipped_.emplace_back(first, skip_to);
    }
    return ours;
}

bool DeliveryRuntime::Group::is_finished_already(std::int64_t position) {
    return finished_above_.erase(position) > 0;
}

void DeliveryRuntime::Group::accept(const std::vector<RecordPtr>& batch) {
    std::vector<RecordPtr> behind;
    {
        const MutexLock lock(mutex_);
        for (const RecordPtr& record : batch) {
            const std::int64_t position = record->position;
            if (!pass(*record) || is_finished_already(position)) continue;
            if (outstanding_.empty()) progressed_ = Clock::now();
            outstanding_.insert(position);
            if (!lanes_.add(record)) behind.push_back(record);
        }
        changed_.notify_all();
    }
    for (const RecordPtr& record : behind) park_behind(record);
    flush_skipped(false);
}

void DeliveryRuntime::Group::flush_skipped(bool at_once) {
    Transaction transaction;
    {
        const MutexLock lock(mutex_);
        const bool due = at_once || skipped_.size() >= skipped_ranges ||
                         Clock::now() - skipped_since_ >= skipped_age;
        if (skipped_.empty() || !due) return;
        transaction.group = name_;
        transaction.finished_ranges = std::exchange(skipped_, {});
        ++pending_commits_;
    }
    auto ranges = transaction.finished_ranges;
    store_.submit(std::move(transaction), [self = shared_from_this(), ranges = std::move(ranges)](
                                              const Result<Committed>& done) mutable {
        const MutexLock lock(self->mutex_);
        --self->pending_commits_;
        if (!done) {
            self->skipped_.insert(self->skipped_.begin(), ranges.begin(), ranges.end());
            self->skipped_since_ = Clock::now();
        }
        self->changed_.notify_all();
    });
}

void DeliveryRuntime::Group::park_behind(const RecordPtr& record) {
    Parked parked = parked_behind(*record);
    {
        const MutexLock lock(mutex_);
        lanes_.add_parked(parked);
        ++pending_commits_;
    }
    submit_park_behind(std::move(parked));
}

void DeliveryRuntime::Group::submit_park_behind(Parked parked) {
    Transaction transaction;
    transaction.group = name_;
    transaction.finished.push_back(parked.position);
    transaction.park.push_back(parked);
    // The lane has it in memory already, so order is kept. Should the store be away, a restart
    // reads the record again: it is not finished until this commit.
    store_.submit(std::move(transaction), [self = shared_from_this(), parked = std::move(parked)](
                                              const Result<Committed>& done) mutable {
        MutexLock lock(self->mutex_);
        if (!done && done.error().retryable() && !self->stopping_) {
            self->pause_for(done.error());
            lock.unlock();
            self->submit_park_behind(std::move(parked));
            return;
        }
        --self->pending_commits_;
        // What is neither stored nor settled by another process must come again after a restart:
        // the log's offset may not pass it.
        if (done || done.error().code == ErrorCode::conflict) {
            self->finished_here(parked.position);
            self->note_progress();
        }
        self->changed_.notify_all();
    });
}

}  // namespace quipu
