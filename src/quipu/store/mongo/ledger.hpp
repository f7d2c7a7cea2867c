// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "quipu/base/mutex.hpp"
#include "quipu/store/engine/log_watch.hpp"
#include "quipu/store/engine/tail_cache.hpp"
#include "quipu/store/mongo/commit.hpp"
#include "quipu/store/mongo/skippable_mutex.hpp"
#include "quipu/store/mongo/state.hpp"

namespace quipu::mongo {

/// The sequence of commits as this process knows it. All of them, its own and those of other
/// processes, pass through here in order: into the collections, then into memory. Thread-safe;
/// only the holder of mutex() may advance it.
class Ledger {
  public:
    enum class Outcome {
        stored,        ///< the commit is durable and in the collections
        number_taken,  ///< another process has its number: catch up and check again
    };
    using Lock = SkippableLock;

    /// The arguments must outlive it.
    Ledger(Server& server, TailCache& cache, LogWatch& watch);

    // Functions below throw ServerError when the server fails.

    /// Reads the state and follows all commits.
    void open() QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] SkippableMutex& mutex() QUIPU_RETURN_CAPABILITY(mutex_) { return mutex_; }
    /// Brings collections and memory to the newest commit.
    void catch_up() QUIPU_REQUIRES(mutex_);
    /// Completes what an earlier failure left unfinished; does not look for new commits.
    void complete_pending() QUIPU_REQUIRES(mutex_);
    /// Whether there is a commit after the one that state() stands at.
    [[nodiscard]] bool has_next() QUIPU_REQUIRES(mutex_);
    /// Stores `commit`, which was made for state(). When it throws, the commit may be stored.
    [[nodiscard]] Outcome store(Commit commit) QUIPU_REQUIRES(mutex_);
    [[nodiscard]] const State& state() const QUIPU_REQUIRES(mutex_) { return *own_state_; }
    /// Whether the commit with this token is among the last ones applied.
    [[nodiscard]] bool has_applied(const std::string& token) const QUIPU_REQUIRES(mutex_);
    /// Removes commits that no process needs any more.
    void trim() QUIPU_REQUIRES(mutex_);

    /// Whether there is a commit that this process has not applied, in the collections or not: its
    /// process may have died.
    [[nodiscard]] bool has_unseen_commit();
    /// Returns when this process has applied all that is in the collections; false when it had
    /// before the call. Every commit that any caller got an answer for is there.
    bool refresh() QUIPU_EXCLUDES(mutex_);
    /// Runs `look(state)` beside a thread that advances the ledger.
    template <class Look>
    auto with_state(Look&& look) QUIPU_EXCLUDES(state_mutex_) {
        const MutexLock lock(state_mutex_);
        return look(std::as_const(state_));
    }
    [[nodiscard]] std::int64_t events() const noexcept { return events_.load(); }
    /// Waits while this process puts a commit into the collections, so that a caller who has seen a
    /// part of it sees all of it with the next read. At most 5 seconds.
    void wait_for_projection() QUIPU_EXCLUDES(projection_mutex_);

  private:
    class ProjectionGuard;
    using Clock = std::chrono::nanoseconds;
    void reload() QUIPU_REQUIRES(mutex_);
    void trim_old() QUIPU_REQUIRES(mutex_);
    void apply(Commit commit, bool in_collections) QUIPU_REQUIRES(mutex_);
    void announce(const Commit& commit) QUIPU_REQUIRES(mutex_);
    void put_into_collections(const Commit& commit) QUIPU_REQUIRES(mutex_);
    [[nodiscard]] std::string commit_at(std::int64_t number, bool whole);
    [[nodiscard]] static Commit decoded(const std::string& document, std::int64_t number);
    [[nodiscard]] bool wait_until_projected(std::int64_t number);
    [[nodiscard]] bool is_ours(const Commit& commit);
    [[nodiscard]] bool can_trust_state() const QUIPU_REQUIRES(mutex_);

    Server& server_;
    TailCache& cache_;
    LogWatch& watch_;
    SkippableMutex mutex_;
    Mutex state_mutex_;  ///< taken after mutex_
    State state_ QUIPU_GUARDED_BY(state_mutex_);
    /// The same object for the holder of mutex_, who alone changes it and may read it unlocked.
    const State* const own_state_ QUIPU_PT_GUARDED_BY(mutex_) = &state_;
    /// Applied in memory, perhaps not wholly in the collections.
    std::optional<Commit> pending_ QUIPU_GUARDED_BY(mutex_);
    /// When the state was last known to be the newest.
    Clock confirmed_ QUIPU_GUARDED_BY(mutex_){};
    /// Commits that may be trimmed one day, with the time of their application.
    std::deque<std::pair<Clock, std::int64_t>> trimmable_ QUIPU_GUARDED_BY(mutex_);
    std::deque<std::string> tokens_ QUIPU_GUARDED_BY(mutex_);  ///< of the last commits

    Mutex projection_mutex_;
    Condition projection_ended_;
    bool projecting_ QUIPU_GUARDED_BY(projection_mutex_) = false;
    std::uint64_t projections_ QUIPU_GUARDED_BY(projection_mutex_) = 0;

    std::atomic<std::int64_t> next_number_ = 1;
    std::atomic<std::int64_t> events_ = 0;
};

}  // namespace quipu::mongo
