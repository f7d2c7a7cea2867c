// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "quipu/delivery/log/wire.hpp"
#include "relay_impl.hpp"

namespace quipu {

namespace {

constexpr std::size_t read_batch = 256;
constexpr std::size_t max_sent_bytes = std::size_t{64} << 20;
constexpr std::chrono::milliseconds idle_wait{250};

}  // namespace

void Relay::Impl::publish_loop() {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(
                lock, [&] { return stopping_ || (active_ && (room() || again_ == sent_.size())); });
            if (stopping_) {
                publishing_ = false;
                changed_.notify_all();
                return;
            }
            if (again_ > 0) {
                send_again(lock);
                continue;
            }
        }
        if (!publish_some()) {
            std::int64_t from = 0;
            {
                const std::lock_guard lock(mutex_);
                from = cursor_;
            }
            store_.wait_beyond(from, idle_wait);
        }
    }
}

bool Relay::Impl::room() const {
    return sent_.size() < options_.max_in_flight && sent_bytes_ < max_sent_bytes;
}

bool Relay::Impl::publish_some() {
    std::int64_t from = 0;
    std::uint64_t term = 0;
    {
        const std::lock_guard lock(mutex_);
        from = cursor_;
        term = term_;
    }
    const auto batch = store_.read(from, read_batch);
    if (!batch) {
        std::unique_lock lock(mutex_);
        problem_ = batch.error().message;
        changed_.wait_for(lock, error_wait, [&] { return stopping_; });
        return true;
    }
    for (const RecordPtr& record : *batch) {
        bool to_send = false;
        std::uint64_t epoch = 0;
        {
            const std::lock_guard lock(mutex_);
            // What the log has lost goes first, or a key's order would break.
            if (stopping_ || !active_ || term != term_ || again_ > 0) return true;
            to_send = accept(record);
            epoch = epoch_;
        }
        // Should the log lose an earlier record from here on, it refuses this one.
        if (to_send) send(record, term, epoch);
    }
    if (!batch->empty()) changed_.notify_all();
    return !batch->empty();
}

bool Relay::Impl::accept(const RecordPtr& record) {
    const std::int64_t position = record->position;
    // A purge or an archived event leaves a hole.
    if (cursor_ + 1 < position) done_.emplace_back(cursor_ + 1, position - 1);
    cursor_ = position;
    if (finished_above_.erase(position) > 0) return false;
    if (wire::is_adopted(*record)) {
        done_.emplace_back(position, position);
        return false;
    }
    if (const auto missing = missing_.find(record->event_type); missing != missing_.end()) {
        missing->second.insert(position);
        return false;
    }
    sent_[position] = {record, false};
    sent_bytes_ += record->body.size();
    return true;
}

void Relay::Impl::send(const RecordPtr& record, std::uint64_t term, std::uint64_t epoch) {
    log_.produce(
        wire::to_log(*record, store_.identity()),
        [self = shared_from_this(), record, term](const Result<LogPlace>& place) {
            self->answered(record, term, place);
        },
        epoch);
}

void Relay::Impl::send_again(std::unique_lock<std::mutex>& lock) {
    // Once the log has answered for everything that was on its way.
    changed_.wait(lock, [&] { return stopping_ || !active_ || again_ == sent_.size(); });
    if (stopping_ || !active_) return;
    const std::uint64_t term = term_;
    std::vector<RecordPtr> records;
    for (auto& [position, sent] : sent_) {
        sent.again = false;
        records.push_back(sent.record);
    }
    again_ = 0;
    lock.unlock();
    const std::uint64_t epoch = log_.epoch();
    for (const RecordPtr& record : records) send(record, term, epoch);
    lock.lock();
    epoch_ = epoch;
}

void Relay::Impl::answered(const RecordPtr& record, std::uint64_t term,
                           const Result<LogPlace>& place) {
    const std::lock_guard lock(mutex_);
    if (term != term_) return;
    const auto found = sent_.find(record->position);
    if (found == sent_.end()) return;
    if (!place && place.error().code == ErrorCode::unavailable) {
        if (!std::exchange(found->second.again, true)) ++again_;
        problem_ = place.error().message;
        changed_.notify_all();
        return;
    }
    const bool first = done_.empty();
    const bool full = !room();
    if (place) {
        ++published_;
        done_.emplace_back(record->position, record->position);
        if (const auto back = requeued_.find(record->position); back != requeued_.end()) {
            unpark_.push_back(std::move(back->second));
            requeued_.erase(back);
        }
    } else {
        settle_error(record, place.error());
    }
    sent_bytes_ -= record->body.size();
    sent_.erase(found);
    // Not for each: nobody waits for one more among many.
    if (first || full || again_ == sent_.size()) changed_.notify_all();
}

void Relay::Impl::settle_error(const RecordPtr& record, const Error& error) {
    problem_ = error.message;
    if (error.code == ErrorCode::not_found) {
        missing_[record->event_type].insert(record->position);
        return;
    }
    // It will never be taken; an operator sees it among the dead letters and may requeue it.
    const Time now = options_.world.now();
    letters_.push_back({0,
                        group_,
                        record,
                        error.message,
                        {{now, error.message}},
                        now,
                        DeadLetter::Status::open,
                        {},
                        {}});
    if (const auto back = requeued_.find(record->position); back != requeued_.end()) {
        unpark_.push_back(std::move(back->second));
        requeued_.erase(back);
    }
}

}  // namespace quipu
