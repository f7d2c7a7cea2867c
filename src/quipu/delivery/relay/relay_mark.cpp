// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "relay_impl.hpp"

namespace quipu {

namespace {

constexpr std::chrono::milliseconds mark_wait{50};
constexpr std::chrono::milliseconds try_wait{100};
constexpr std::chrono::milliseconds mark_pace{10};
// Of dead letters that go into one transaction: a store takes 16 MiB at once.
constexpr std::size_t letters_at_once = std::size_t{4} << 20;

using Ranges = std::vector<std::pair<std::int64_t, std::int64_t>>;

Ranges merged(Ranges ranges) {
    std::ranges::sort(ranges);
    Ranges out;
    for (const auto& range : ranges) {
        if (!out.empty() && range.first <= out.back().second + 1) {
            out.back().second = std::max(out.back().second, range.second);
        } else {
            out.push_back(range);
        }
    }
    return out;
}

}  // namespace

void Relay::Impl::mark_loop() {
    while (true) {
        bool stopping = false;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, lease_.held() ? mark_wait : try_wait, [&] {
                return stopping_ || !done_.empty() || !letters_.empty() || !unpark_.empty();
            });
            stopping = stopping_;
        }
        if (stopping) return;
        pace_marks();
        if (!lease_.held()) {
            try_to_lead();
            continue;
        }
        move_mark();
        look_after(Clock::now());
    }
}

/// Under load one mark serves many records: each costs the store a transaction, and after a crash a
/// mark that is behind only sends again what groups then know. Whoever waits for it is not kept.
void Relay::Impl::pace_marks() {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, last_mark_ + mark_pace,
                        [&] { return stopping_ || waiting_for_mark_ > 0; });
    last_mark_ = Clock::now();
}

void Relay::Impl::try_to_lead() {
    const auto taken = lease_.try_take(Clock::now());
    if (!taken) {
        set_problem(taken.error().message);
        return;
    }
    if (!*taken) return;
    const auto position = store_.open_group(group_, true);
    if (!position) {
        lease_.release();
        set_problem(position.error().message);
        return;
    }
    const std::uint64_t epoch = log_.epoch();
    const std::lock_guard lock(mutex_);
    ++term_;
    active_ = true;
    epoch_ = epoch;
    cursor_ = mark_ = position->position;
    finished_above_ = {position->finished_above.begin(), position->finished_above.end()};
    sent_.clear();
    sent_bytes_ = again_ = 0;
    done_.clear();
    letters_.clear();
    missing_.clear();
    requeued_.clear();
    unpark_.clear();
    problem_.clear();
    next_look_ = Clock::now();
    changed_.notify_all();
}

void Relay::Impl::step_down(const std::string& problem) {
    lease_.forget();
    {
        const std::lock_guard lock(mutex_);
        ++term_;
        active_ = false;
        done_.clear();
        letters_.clear();
        unpark_.clear();
        changed_.notify_all();
    }
    notice("warning", "the relay gives up its lease: " + problem);
}

/// A letter, its place in the mark and its end as a parked one are stored together.
void Relay::Impl::take_letters(Transaction& transaction) {
    std::size_t bytes = 0;
    auto end = letters_.begin();
    for (; end != letters_.end(); ++end) {
        bytes += end->record->body.size() + end->record->headers.bytes().size();
        if (end != letters_.begin() && bytes > letters_at_once) break;
        transaction.finished_ranges.emplace_back(end->record->position, end->record->position);
    }
    transaction.dead_letters.assign(std::make_move_iterator(letters_.begin()),
                                    std::make_move_iterator(end));
    letters_.erase(letters_.begin(), end);
    // One that was given back and refused again is letter or parked at each moment.
    std::set<std::int64_t> left;
    for (const DeadLetter& letter : letters_) left.insert(letter.record->position);
    const auto kept = std::partition(unpark_.begin(), unpark_.end(), [&](const Parked& entry) {
        return !left.contains(entry.position);
    });
    transaction.unpark.assign(unpark_.begin(), kept);
    unpark_.erase(unpark_.begin(), kept);
}

void Relay::Impl::move_mark() {
    Transaction transaction;
    const bool renew = lease_.should_renew(Clock::now());
    {
        const std::lock_guard lock(mutex_);
        if (!renew && done_.empty() && letters_.empty() && unpark_.empty()) return;
        transaction.finished_ranges = std::exchange(done_, {});
        take_letters(transaction);
    }
    transaction.finished_ranges = merged(std::move(transaction.finished_ranges));
    if (!transaction.finished_ranges.empty()) transaction.group = group_;
    lease_.guard(transaction, renew);
    const auto kept = transaction;
    Result<void> done;
    bool committed = false;
    if (auto stored = store_.commit(std::move(transaction)); !stored) {
        done = std::unexpected(std::move(stored.error()));
    } else {
        committed = true;
        done = lease_.stored(renew, Clock::now());
    }
    if (!committed && done.error().retryable()) {
        std::unique_lock lock(mutex_);
        done_.insert(done_.end(), kept.finished_ranges.begin(), kept.finished_ranges.end());
        letters_.insert(letters_.begin(), kept.dead_letters.begin(), kept.dead_letters.end());
        unpark_.insert(unpark_.begin(), kept.unpark.begin(), kept.unpark.end());
        problem_ = done.error().message;
        changed_.wait_for(lock, error_wait, [&] { return stopping_; });
        return;
    }
    if (!done) {
        step_down(done.error().message);
        return;
    }
    for (const DeadLetter& letter : kept.dead_letters) {
        notice("error", "the log does not take event " + letter.record->event_id + " of type " +
                            letter.record->event_type + ", it is a dead letter of " + group_ +
                            ": " + letter.error);
    }
    const std::lock_guard lock(mutex_);
    std::int64_t mark = cursor_;
    if (!sent_.empty()) mark = std::min(mark, sent_.begin()->first - 1);
    for (const auto& [type, positions] : missing_) {
        if (!positions.empty()) mark = std::min(mark, *positions.begin() - 1);
    }
    for (const auto& range : done_) mark = std::min(mark, range.first - 1);
    for (const auto& letter : letters_) mark = std::min(mark, letter.record->position - 1);
    mark_ = std::max(mark_, mark);
    if (missing_.empty() && again_ == 0) problem_.clear();
    changed_.notify_all();
}

}  // namespace quipu
