// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "executor.hpp"
#include "quipu/base/mutex.hpp"
#include "scheduler.hpp"
#include "source.hpp"

namespace quipu {

/// What a committed unit adds to a group's counters.
struct Tally {
    std::uint64_t handled = 0;
    std::uint64_t failed = 0;
    std::uint64_t letters = 0;
};

/// The group's side of a committer: hears what became of its transactions. Called on the store's
/// writer thread, or on the thread that submits.
class CommitOwner {
  public:
    virtual ~CommitOwner() = default;
    /// The unit of these tasks is stored.
    virtual void committed(std::vector<Settled> tasks, const Tally& tally) = 0;
    /// It is not; the tasks are as they were.
    virtual void refused(std::vector<Task> tasks, const Error& error) = 0;
    /// Records that wait behind others are parked, or another process has settled them.
    virtual void parked(const std::vector<std::int64_t>& positions) = 0;
    /// They could not be parked; the committer keeps them for retry_parking().
    virtual void parking_refused(const Error& error) = 0;
    /// A transaction has been answered for, and the calls above have been made.
    virtual void answered() = 0;
};

/// Turns what came of a group's tasks into transactions, and the store's answers into what is
/// settled. Thread-safe.
class Committer {
  public:
    Committer(Store& store, std::string group, CommitOwner& owner)
        : store_(store), group_(std::move(group)), owner_(owner) {}

    /// Commits a unit. `keep` lives until the answer has been dealt with; with `wait` the function
    /// returns then. `changes` are further document changes for the same transaction.
    void commit(Unit unit, std::vector<DocumentChange> changes, std::shared_ptr<void> keep,
                bool wait) QUIPU_EXCLUDES(mutex_);

    /// Parks records behind others of their keys.
    void park(std::vector<Parked> entries, std::shared_ptr<void> keep) QUIPU_EXCLUDES(mutex_);
    /// Parks again what was refused for the moment.
    void retry_parking(std::shared_ptr<void> keep) QUIPU_EXCLUDES(mutex_);

    /// Ranges that hold nothing for the group: committed with the next unit, or by flush().
    void pass_over(const std::vector<PositionRange>& ranges) QUIPU_EXCLUDES(mutex_);
    /// Commits the ranges if they have waited for long, or `at_once`.
    void flush(bool at_once, std::shared_ptr<void> keep) QUIPU_EXCLUDES(mutex_);

    /// Transactions that the store has not answered for.
    [[nodiscard]] std::size_t pending() const QUIPU_EXCLUDES(mutex_);
    /// Of these, such that change what is parked.
    [[nodiscard]] std::size_t pending_parking() const QUIPU_EXCLUDES(mutex_);
    /// How many of those have been answered for; changes when the store's parked records may have.
    [[nodiscard]] std::uint64_t parking_answered() const QUIPU_EXCLUDES(mutex_);

  private:
    using Clock = std::chrono::steady_clock;
    [[nodiscard]] Transaction take_transaction(Unit& unit) const;
    [[nodiscard]] static std::vector<Settled> settle(std::vector<Outcome> outcomes, Tally& tally);
    void begin(bool parking) QUIPU_EXCLUDES(mutex_);
    void end(bool parking) QUIPU_EXCLUDES(mutex_);
    void put_back(const std::vector<PositionRange>& ranges) QUIPU_EXCLUDES(mutex_);
    void submit_park(std::vector<Parked> entries, std::shared_ptr<void> keep)
        QUIPU_EXCLUDES(mutex_);
    void answer_park(std::vector<Parked> entries, std::shared_ptr<void> keep,
                     const Result<Committed>& done) QUIPU_EXCLUDES(mutex_);

    Store& store_;
    const std::string group_;
    CommitOwner& owner_;

    mutable Mutex mutex_;
    std::size_t pending_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::size_t pending_parking_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t parking_answered_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::vector<PositionRange> passed_over_ QUIPU_GUARDED_BY(mutex_);
    Clock::time_point passed_over_since_ QUIPU_GUARDED_BY(mutex_){};
    std::vector<Parked> unparked_ QUIPU_GUARDED_BY(mutex_);  // refused for the moment
};

}  // namespace quipu
