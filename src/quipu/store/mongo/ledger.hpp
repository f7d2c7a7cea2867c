// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "quipu/store/engine/log_watch.hpp"
#include "quipu/store/engine/tail_cache.hpp"
#include "quipu/store/mongo/commit.hpp"
#include "quipu/store/mongo/fair_mutex.hpp"
#include "quipu/store/mongo/state.hpp"

namespace quipu::mongo {

/// The sequence of commits as this process knows it. All of them, its own and those of other
/// processes, pass through here in order: into the collections, then into memory.
class Ledger {
  public:
    enum class Outcome {
        stored,  ///< the commit is durable and in the collections
        taken,   ///< another process has its number: catch up and check again
    };
    /// Proof that the holder may advance the ledger.
    using Order = std::unique_lock<FairMutex>;

    /// The arguments must outlive it.
    Ledger(Server& server, TailCache& cache, LogWatch& watch);

    // Functions below throw Failure when the server fails.

    /// Reads the state and follows all commits.
    void open();
    [[nodiscard]] Order order() { return Order(order_); }
    /// Brings collections and memory to the newest commit.
    void catch_up(const Order& order);
    /// Completes what an earlier failure left half done; without a look for new commits.
    void settle(const Order& order);
    /// Whether there is a commit after the one that state() stands at.
    [[nodiscard]] bool has_next(const Order& order);
    /// Stores `commit`, which was made for state(). When it throws, the commit may be stored.
    [[nodiscard]] Outcome store(const Order& order, Commit commit);
    [[nodiscard]] const State& state(const Order&) const noexcept { return state_; }
    /// Whether the commit with this token is among the last ones that passed.
    [[nodiscard]] bool adopted(const Order&, const std::string& token) const;

    /// Whether there is a commit that this process has not seen, in the collections or not: its
    /// writer may have died.
    [[nodiscard]] bool orphaned();
    /// Sees to it that this process has taken in what the collections have; false when it had
    /// already. Every commit that anybody got an answer for is there.
    bool refresh();
    /// Runs `look(state)` beside a writer that advances.
    template <class Look>
    auto with_state(Look&& look) {
        const std::scoped_lock lock(state_mutex_);
        return look(std::as_const(state_));
    }
    [[nodiscard]] std::int64_t events() const noexcept { return events_.load(); }
    /// Waits while this process puts a commit into the collections, so that who has seen a part of
    /// it sees all of it with the next read. Bounded.
    void steady();
    /// Removes commits that nobody needs any more.
    void trim(const Order& order);

  private:
    class Projecting;
    using Clock = std::chrono::nanoseconds;
    void reload();
    void mend(State& state);
    void bring_into_collections(const Commit& commit, const State& state);
    void trim_old();
    void adopt(const Order& order, Commit commit, bool projected);
    void publish(const Commit& commit);
    [[nodiscard]] std::string commit_at(std::int64_t number, bool whole);
    [[nodiscard]] static Commit decoded(const std::string& document, std::int64_t number);
    [[nodiscard]] bool wait_until_projected(std::int64_t number);
    [[nodiscard]] bool is_ours(const Commit& commit);
    [[nodiscard]] bool fresh() const;

    Server& server_;
    TailCache& cache_;
    LogWatch& watch_;
    FairMutex order_;
    std::mutex state_mutex_;
    std::mutex projecting_mutex_;
    std::condition_variable projected_;
    bool projecting_ = false;
    std::uint64_t projections_ = 0;
    State state_;
    std::optional<Commit> pending_;  ///< in memory, perhaps not wholly in the collections
    Clock confirmed_{};              ///< when state_ was last known to be the newest
    std::deque<std::pair<Clock, std::int64_t>> old_;  ///< commits that may be trimmed one day
    std::deque<std::string> tokens_;                  ///< of the last commits
    /// Parts of commits up to this one may be overwritten by older ones that this process wrote.
    std::int64_t unsure_ = 0;
    bool late_ = false;  ///< it may have written so late that what is newer was overwritten
    std::atomic<std::int64_t> next_ = 1;
    std::atomic<std::int64_t> events_ = 0;
};

}  // namespace quipu::mongo
