// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "group.hpp"

namespace quipu {

namespace {

constexpr std::chrono::milliseconds store_pause{500};

}  // namespace

void DeliveryRuntime::Group::note_progress() {
    progressed_ = Clock::now();
    problem_.clear();
}

void DeliveryRuntime::Group::pause_for(const Error& error) {
    problem_ = error.message;
    paused_until_ = Clock::now() + store_pause;
}

void DeliveryRuntime::Group::notice(DeliveryNotice::Level level, const Record* record,
                                    std::string text) const {
    if (!options_.notice) return;
    options_.notice({level, name_, record != nullptr ? record->event_id : std::string{},
                     record != nullptr ? record->event_type : std::string{}, std::move(text)});
}

void DeliveryRuntime::Group::commit_items(Unit unit, bool wait) {
    auto shared = std::make_shared<Unit>(std::move(unit));
    Transaction transaction = std::move(shared->transaction);
    shared->transaction = {};
    shared->transaction.finished_ranges = transaction.finished_ranges;
    auto settled = std::make_shared<bool>(false);
    {
        const MutexLock lock(mutex_);
        ++pending_commits_;
        if (!shared->newly_parked.empty()) ++parking_commits_;
    }
    store_.submit(std::move(transaction),
                  [self = shared_from_this(), shared, settled](const Result<Committed>& done) {
                      std::vector<Parked> behind;
                      {
                          const MutexLock lock(self->mutex_);
                          --self->pending_commits_;
                          if (!shared->newly_parked.empty()) self->parking_commit_settled();
                          if (done) {
                              behind = self->items_committed(*shared);
                          } else {
                              self->items_refused(*shared, done.error());
                          }
                          *settled = true;
                          self->changed_.notify_all();
                      }
                      for (Parked& parked : behind) self->submit_park_behind(std::move(parked));
                  });
    if (!wait) return;
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) { return *settled; });
}

void DeliveryRuntime::Group::parking_commit_settled() {
    --parking_commits_;
    ++parking_commits_settled_;
}

std::vector<Parked> DeliveryRuntime::Group::items_committed(Unit& unit) {
    for (const Parked& parked : unit.newly_parked) lanes_.add_parked(parked);
    failed_ += unit.failures;
    letters_ += unit.letters;
    handled_ += unit.items.size() - unit.newly_parked.size() - unit.letters;
    std::vector<Parked> behind;
    for (const Item& item : unit.items) {
        finished_here(item.record->position);
        conflicts_of_.erase(item.record->position);
        // Records that were read meanwhile wait behind what was parked.
        if (!item.lane->parked.empty()) take_waiting(*item.lane, behind);
        lanes_.done(item);
    }
    add_parked_behind(behind);
    note_progress();
    return behind;
}

void DeliveryRuntime::Group::take_waiting(Lane& lane, std::vector<Parked>& behind) const {
    for (const RecordPtr& record : lane.waiting) behind.push_back(parked_behind(*record));
    lane.waiting.clear();
}

void DeliveryRuntime::Group::add_parked_behind(const std::vector<Parked>& behind) {
    for (const Parked& parked : behind) lanes_.add_parked(parked);
    pending_commits_ += behind.size();
}

std::vector<Parked> DeliveryRuntime::Group::park_waiting(Lane& lane) {
    std::vector<Parked> behind;
    take_waiting(lane, behind);
    add_parked_behind(behind);
    return behind;
}

void DeliveryRuntime::Group::items_refused(Unit& unit, const Error& error) {
    skipped_.insert(skipped_.begin(), unit.transaction.finished_ranges.begin(),
                    unit.transaction.finished_ranges.end());
    skipped_since_ = Clock::now();
    lanes_.give_back(unit.items);
    if (error.retryable()) {
        pause_for(error);
        return;
    }
    if (error.code == ErrorCode::conflict) ++conflicts_;
    // One of several cannot be committed: handled alone, each shows whether it is the one.
    isolate_ = std::max(isolate_, unit.items.size());
    if (unit.items.size() == 1) {
        static_cast<void>(count_refusal(unit.items.front().record->position, error));
    }
}

bool DeliveryRuntime::Group::count_refusal(std::int64_t position, const Error& error) {
    const std::size_t attempts = ++conflicts_of_[position];
    if (error.code == ErrorCode::conflict && attempts < options_.max_conflicts) return false;
    refusals_[position] = {"its effects could not be stored: " + error.message, false};
    return true;
}

std::optional<DeliveryRuntime::Group::HandlerFailure> DeliveryRuntime::Group::take_refusal(
    std::int64_t position) {
    const MutexLock lock(mutex_);
    const auto found = refusals_.find(position);
    if (found == refusals_.end()) return std::nullopt;
    HandlerFailure failure = std::move(found->second);
    refusals_.erase(found);
    conflicts_of_.erase(position);
    return failure;
}

void DeliveryRuntime::Group::retry_refused(std::int64_t position, const Error& error) {
    // It is still parked and due, so it is retried.
    if (error.retryable()) {
        pause_for(error);
        return;
    }
    if (error.code == ErrorCode::conflict) ++conflicts_;
    static_cast<void>(count_refusal(position, error));
}

void DeliveryRuntime::Group::commit_retry(Lane& lane, Unit unit, std::int64_t position,
                                          bool removed, bool wait) {
    auto shared = std::make_shared<Unit>(std::move(unit));
    auto settled = std::make_shared<bool>(false);
    Transaction transaction = std::move(shared->transaction);
    {
        const MutexLock lock(mutex_);
        ++pending_commits_;
        ++parking_commits_;
    }
    store_.submit(std::move(transaction), [self = shared_from_this(), shared, settled, &lane,
                                           position, removed](const Result<Committed>& done) {
        std::vector<Parked> behind;
        MutexLock lock(self->mutex_);
        --self->pending_commits_;
        self->parking_commit_settled();
        if (done) {
            self->failed_ += shared->failures;
            self->letters_ += shared->letters;
            if (removed && shared->letters == 0) ++self->handled_;
            if (!removed) lane.parked.front() = shared->newly_parked.front();
            self->conflicts_of_.erase(position);
            self->note_progress();
            if (!removed || lane.parked.size() > 1) behind = self->park_waiting(lane);
        } else {
            self->retry_refused(position, done.error());
        }
        self->lanes_.retried(lane, done && removed, self->options_.world.now());
        *settled = true;
        self->changed_.notify_all();
        lock.unlock();
        for (Parked& parked : behind) self->submit_park_behind(std::move(parked));
    });
    if (!wait) return;
    MutexLock lock(mutex_);
    changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) { return *settled; });
}

}  // namespace quipu
