// SPDX-License-Identifier: Apache-2.0
#include "committer.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <utility>

namespace quipu {

namespace {

// Offsets advance with the next unit anyway; on their own there is no hurry, since passing over the
// same records again costs little.
constexpr std::chrono::seconds flush_age{2};
constexpr std::size_t flush_ranges = 1024;
constexpr std::size_t park_batch = 256;

std::vector<Attempt> attempts_of(const Outcome& outcome) {
    std::vector<Attempt> attempts;
    if (outcome.task.parked) attempts = outcome.task.parked->attempts;
    attempts.push_back({outcome.at, outcome.failure.error});
    return attempts;
}

/// The entry of a task's record, as it will be parked.
Parked entry_of(const Outcome& outcome, const std::string& group) {
    const Task& task = outcome.task;
    Parked entry{.group = group,
                 .position = task.position(),
                 .key = task.key(),
                 .due_at = outcome.disposition.due,
                 .attempts = {},
                 .source = task.source,
                 .letter = task.parked ? task.parked->letter : 0};
    if (outcome.what == Outcome::What::behind) {
        entry.due_at = outcome.at;  // due as soon as it is the first of its key
    } else {
        entry.attempts = attempts_of(outcome);
        if (outcome.disposition.what == Disposition::What::hold) entry.due_at = Parked::never;
    }
    return entry;
}

DeadLetter letter_of(const Outcome& outcome, const std::string& group) {
    DeadLetter letter;
    letter.id = outcome.task.parked ? outcome.task.parked->letter : 0;
    letter.group = group;
    letter.record = outcome.task.record;
    letter.error = outcome.failure.error;
    letter.attempts = attempts_of(outcome);
    letter.failed_at = outcome.at;
    letter.source = outcome.task.source;
    return letter;
}

bool parks(const Outcome& outcome) {
    switch (outcome.what) {
        case Outcome::What::failed: return outcome.disposition.what != Disposition::What::release;
        case Outcome::What::behind: return !outcome.task.retry;
        default: return false;
    }
}

bool changes_parked(const Outcome& outcome) {
    const bool done =
        outcome.what == Outcome::What::handled || outcome.what == Outcome::What::failed;
    return parks(outcome) || (outcome.task.retry && done);
}

}  // namespace

Transaction Committer::take_transaction(Unit& unit) const {
    Transaction transaction = std::exchange(unit.effects, {});
    transaction.group = group_;
    for (const Outcome& outcome : unit.outcomes) {
        const Task& task = outcome.task;
        if (outcome.what == Outcome::What::settled || outcome.what == Outcome::What::returned) {
            continue;
        }
        const bool first = !task.retry;
        if (first) transaction.finished.push_back(task.position());
        if (outcome.what == Outcome::What::handled) {
            if (first) continue;
            transaction.unpark.push_back(*task.parked);
            if (task.parked->letter != 0) transaction.resolved.push_back(task.parked->letter);
            continue;
        }
        if (outcome.what == Outcome::What::failed) {
            // Another process may have settled a parked record meanwhile; then this one is late.
            if (!first) transaction.unpark.push_back(*task.parked);
            if (outcome.disposition.what != Disposition::What::retry) {
                transaction.dead_letters.push_back(letter_of(outcome, group_));
            }
        }
        if (parks(outcome)) transaction.park.push_back(entry_of(outcome, group_));
    }
    return transaction;
}

std::vector<Settled> Committer::settle(std::vector<Outcome> outcomes, Tally& tally) {
    std::vector<Settled> settled;
    settled.reserve(outcomes.size());
    for (Outcome& outcome : outcomes) {
        Settled& one = settled.emplace_back();
        switch (outcome.what) {
            case Outcome::What::handled:
                ++tally.handled;
                one.what = Settled::What::gone;
                break;
            case Outcome::What::settled: one.what = Settled::What::gone; break;
            case Outcome::What::failed:
                ++tally.failed;
                if (outcome.disposition.what != Disposition::What::retry) ++tally.letters;
                one.what = outcome.disposition.what == Disposition::What::release
                               ? Settled::What::gone
                               : Settled::What::parked;
                break;
            case Outcome::What::behind: one.what = Settled::What::parked; break;
            case Outcome::What::returned: one.what = Settled::What::returned; break;
        }
        one.task = std::move(outcome.task);
    }
    return settled;
}

void Committer::begin(bool parking) {
    const MutexLock lock(mutex_);
    ++pending_;
    if (parking) ++pending_parking_;
}

void Committer::end(bool parking) {
    {
        const MutexLock lock(mutex_);
        --pending_;
        if (parking) {
            --pending_parking_;
            ++parking_answered_;
        }
    }
    owner_.answered();
}

void Committer::commit(Unit unit, std::vector<DocumentChange> changes, std::shared_ptr<void> keep,
                       bool wait) {
    const bool parking = std::ranges::any_of(unit.outcomes, changes_parked);
    Transaction transaction = take_transaction(unit);
    std::ranges::move(changes, std::back_inserter(transaction.documents));
    {
        const MutexLock lock(mutex_);
        transaction.finished_ranges = std::exchange(passed_over_, {});
    }
    struct Pending {
        Unit unit;
        std::vector<PositionRange> ranges;
        std::promise<void> dealt_with;
    };
    auto pending = std::make_shared<Pending>();
    pending->unit = std::move(unit);
    pending->ranges = transaction.finished_ranges;
    auto dealt_with = pending->dealt_with.get_future();
    begin(parking);
    store_.submit(std::move(transaction),
                  [this, keep = std::move(keep), parking, pending](const Result<Committed>& done) {
                      std::vector<Outcome>& outcomes = pending->unit.outcomes;
                      if (done) {
                          for (Outcome& outcome : outcomes) {
                              if (parks(outcome)) outcome.task.parked = entry_of(outcome, group_);
                              if (outcome.what == Outcome::What::failed) {
                                  outcome.task.verdict.reset();
                                  outcome.task.conflicts = 0;
                              }
                          }
                          Tally tally;
                          auto settled = settle(std::move(outcomes), tally);
                          owner_.committed(std::move(settled), tally);
                      } else {
                          put_back(pending->ranges);
                          std::vector<Task> tasks;
                          for (Outcome& outcome : outcomes)
                              tasks.push_back(std::move(outcome.task));
                          owner_.refused(std::move(tasks), done.error());
                      }
                      end(parking);
                      pending->dealt_with.set_value();
                  });
    if (wait) dealt_with.wait();
}

void Committer::put_back(const std::vector<PositionRange>& ranges) {
    const MutexLock lock(mutex_);
    if (passed_over_.empty()) passed_over_since_ = Clock::now();
    passed_over_.insert(passed_over_.begin(), ranges.begin(), ranges.end());
}

void Committer::park(std::vector<Parked> entries, std::shared_ptr<void> keep) {
    for (std::size_t from = 0; from < entries.size(); from += park_batch) {
        const auto first = entries.begin() + static_cast<std::ptrdiff_t>(from);
        const auto last = entries.begin() +
                          static_cast<std::ptrdiff_t>(std::min(from + park_batch, entries.size()));
        submit_park({std::make_move_iterator(first), std::make_move_iterator(last)}, keep);
    }
}

void Committer::submit_park(std::vector<Parked> entries, std::shared_ptr<void> keep) {
    Transaction transaction;
    transaction.group = group_;
    for (const Parked& entry : entries) {
        transaction.finished.push_back(entry.position);
        transaction.park.push_back(entry);
    }
    begin(true);
    // Its lane has it in memory already, so the order is kept. Should the store be away, a restart
    // reads the record again: it is not finished until this commit.
    store_.submit(std::move(transaction),
                  [this, keep = std::move(keep),
                   entries = std::move(entries)](const Result<Committed>& done) mutable {
                      answer_park(std::move(entries), std::move(keep), done);
                      end(true);
                  });
}

void Committer::answer_park(std::vector<Parked> entries, std::shared_ptr<void> keep,
                            const Result<Committed>& done) {
    if (!done && done.error().retryable()) {
        {
            const MutexLock lock(mutex_);
            std::ranges::move(entries, std::back_inserter(unparked_));
        }
        owner_.parking_refused(done.error());
        return;
    }
    if (!done && entries.size() > 1) {
        // One of them is settled already. Alone, each shows whether it is the one.
        for (Parked& entry : entries) submit_park({std::move(entry)}, keep);
        return;
    }
    // What is neither stored nor settled by another process must come again after a restart.
    if (!done && done.error().code != ErrorCode::conflict) {
        owner_.parking_refused(done.error());
        return;
    }
    std::vector<std::int64_t> positions;
    positions.reserve(entries.size());
    for (const Parked& entry : entries) positions.push_back(entry.position);
    owner_.parked(positions);
}

void Committer::retry_parking(std::shared_ptr<void> keep) {
    std::vector<Parked> entries;
    {
        const MutexLock lock(mutex_);
        entries = std::exchange(unparked_, {});
    }
    park(std::move(entries), std::move(keep));
}

void Committer::pass_over(const std::vector<PositionRange>& ranges) {
    const MutexLock lock(mutex_);
    for (const PositionRange& range : ranges) {
        if (passed_over_.empty()) passed_over_since_ = Clock::now();
        if (!passed_over_.empty() && passed_over_.back().second == range.first - 1) {
            passed_over_.back().second = range.second;
        } else {
            passed_over_.push_back(range);
        }
    }
}

void Committer::flush(bool at_once, std::shared_ptr<void> keep) {
    Transaction transaction;
    {
        const MutexLock lock(mutex_);
        const bool due = at_once || passed_over_.size() >= flush_ranges ||
                         Clock::now() - passed_over_since_ >= flush_age;
        if (passed_over_.empty() || !due) return;
        transaction.group = group_;
        transaction.finished_ranges = std::exchange(passed_over_, {});
    }
    begin(false);
    auto ranges = transaction.finished_ranges;
    store_.submit(
        std::move(transaction),
        [this, keep = std::move(keep), ranges = std::move(ranges)](const Result<Committed>& done) {
            if (!done) put_back(ranges);
            end(false);
        });
}

std::size_t Committer::pending() const {
    const MutexLock lock(mutex_);
    return pending_;
}

std::size_t Committer::pending_parking() const {
    const MutexLock lock(mutex_);
    return pending_parking_;
}

std::uint64_t Committer::parking_answered() const {
    const MutexLock lock(mutex_);
    return parking_answered_;
}

}  // namespace quipu
