// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "failure.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu {

/// What a scheduler knows of one key.
struct Lane;

/// A record that a group has to handle, for the first time or again.
struct Task {
    RecordPtr record;                   ///< null for a parked record that only the store has
    std::optional<Parked> parked = {};  ///< the entry as the store has it; none: it is not parked
    std::string source = {};            ///< the partition that brought it, as Parked::source
    /// A failure that was found before its handler is called.
    std::optional<HandlerFailure> verdict = {};
    std::size_t conflicts = 0;  ///< commits of it that the store refused
    Lane* lane = nullptr;       ///< the scheduler's
    bool retry = false;         ///< the scheduler's: handed out as a parked record

    [[nodiscard]] std::int64_t position() const noexcept {
        return parked ? parked->position : record->position;
    }
    [[nodiscard]] const std::string& key() const noexcept {
        return parked ? parked->key : record->key;
    }
    /// Attempts that have failed so far; since it was requeued, for a dead letter.
    [[nodiscard]] std::size_t failed_attempts() const noexcept {
        return parked ? parked->attempts.size() : 0;
    }
};

/// A task that was handed out, and what became of it.
struct Settled {
    enum class What {
        gone,      ///< its record is finished
        parked,    ///< the store has `task.parked`, to be retried, held, or behind another
        returned,  ///< nothing has changed: it is handed out again
    };
    Task task;
    What what = What::returned;
};

/// Decides which record of a group may be handled next. Records go in with their places and due
/// times, runnable work comes out. It keeps these rules:
///
/// - Records of one key are handed out in order, and not while an earlier one is being handled.
/// - A parked record holds back its own key only: later records of the key are parked behind it.
/// - A held record is never due. Its key waits until the record is released or made due.
///
/// Of each key's parked records only the first ones are kept in memory; it says which others to
/// load. No threads, no clock and no store in here: the owner locks, and says what time it is.
class Scheduler {
  public:
    /// Parked records of one key that are kept in memory.
    static constexpr std::size_t default_lane_memory = 256;

    struct Options {
        /// Tasks of different keys are handed out in log order, not key by key.
        bool serial = false;
        /// Those who take tasks; new records are shared out among them.
        std::size_t workers = 1;
        std::size_t lane_memory = default_lane_memory;
    };
    Scheduler(std::string group, Options options);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Takes a record that has been read. Returns its entry if it has to wait behind a parked one:
    /// the caller then stores that entry.
    [[nodiscard]] std::optional<Parked> add(Task task, Time now);

    /// Takes an entry that the store has parked. For one that is known and not being handled, its
    /// due time, attempts and letter are updated.
    void add_parked(Parked entry);
    /// Makes the retry of a parked record due at once. False when it is being handled, held or not
    /// known.
    bool make_due(std::int64_t position, Time now);
    /// Forgets a parked record that is neither handled nor discarded by this group's own tasks: it
    /// was discarded or archived. False when it is being handled, or not known.
    bool remove_parked(std::int64_t position, Time now);
    /// Forgets the parked records that `which` chooses, except those being handled; false when
    /// there are such.
    bool remove_parked_if(const std::function<bool(const Parked&)>& which);
    /// Takes back those of `positions` that have not been handed out; returns them.
    std::vector<std::int64_t> take_back(const std::set<std::int64_t>& positions);

    /// At most `limit` tasks, for one unit of work. Retries that are due and new records take
    /// turns. Of one key, tasks are in order. Each must be settled.
    [[nodiscard]] std::vector<Task> take(std::size_t limit, Time now);
    /// Ends tasks. Those of one key that were taken together must be settled in order, in one call;
    /// the last of them may be returned earlier. Returns entries of records that now have to wait
    /// behind a parked one: the caller stores them.
    [[nodiscard]] std::vector<Parked> settle(std::vector<Settled> tasks, Time now);

    /// Hands out the next `count` tasks one by one: after a conflict, each shows whether it is the
    /// one that cannot be committed.
    void isolate(std::size_t count);
    /// Hands out the next `count` tasks one by one, each while nothing else is being handled: one
    /// of them may have ended the process.
    void suspect(std::size_t count) { suspects_ = count; }
    [[nodiscard]] bool suspicious() const noexcept { return suspects_ > 0; }

    /// A key with parked records that only the store has, and where to go on reading them.
    struct Load {
        std::string key;
        std::int64_t after = 0;
    };
    /// The next key whose parked records are to be loaded, if any; answer with loaded().
    [[nodiscard]] std::optional<Load> next_load();
    /// What the store has of it, up to position `through`. `complete` says that there was no more
    /// when it was asked and that nothing was being parked meanwhile.
    void loaded(const Load& load, std::vector<Parked> entries, std::int64_t through, bool complete,
                Time now);
    /// The store could not be asked: next_load() names the key again.
    void not_loaded(const Load& load);
    /// Something was parked meanwhile: keys whose records were not found yet are named again.
    void resume_loads();

    [[nodiscard]] std::optional<Time> next_due() const;
    /// Whether next_load() has one.
    [[nodiscard]] bool has_load() const noexcept { return !to_load_.empty(); }
    [[nodiscard]] bool has_ready() const noexcept { return !ready_.empty(); }
    [[nodiscard]] std::size_t ready() const noexcept { return ready_.size(); }
    /// Tasks that were handed out and not settled.
    [[nodiscard]] std::size_t out() const noexcept { return out_; }
    /// Parked records, in memory or not.
    [[nodiscard]] std::size_t parked() const noexcept { return parked_; }
    /// Keys held by a dead letter.
    [[nodiscard]] std::size_t held_keys() const noexcept { return held_.size(); }
    /// The positions of the records that hold them.
    [[nodiscard]] std::vector<std::int64_t> held_positions() const;
    /// When the oldest of them failed; none without held keys. Looks at each held key.
    [[nodiscard]] std::optional<Time> oldest_hold() const;

  private:
    Lane& lane_of(const std::string& key);
    /// Puts a lane where take() and next_load() find it, after whatever has changed.
    void place(Lane& lane);
    /// Adds a parked task to those of its lane.
    void insert(Lane& lane, Task task);
    /// Makes a task wait behind what is parked; returns its entry.
    Parked park_behind(Lane& lane, Task task, Time now);
    /// Lets the first parked record of a lane run now if it only waited behind another.
    static void make_first_due(Lane& lane, Time now);
    void take_parked(Lane& lane, std::size_t limit, Time now, std::vector<Task>& tasks);
    void take_waiting(Lane& lane, std::size_t limit, std::vector<Task>& tasks);
    void settle_parked(Lane& lane, Settled settled);
    void settle_waiting(Lane& lane, Settled settled);
    [[nodiscard]] std::vector<Lane*> all_lanes();
    [[nodiscard]] bool remove_from(Lane& lane, const std::function<bool(const Parked&)>& which);

    const std::string group_;
    const Options options_;
    std::unordered_map<std::string, std::unique_ptr<Lane>> lanes_;
    std::unordered_map<std::int64_t, Lane*> parked_lanes_;  // of parked records in memory
    std::map<std::int64_t, Lane*> ready_;                   // by position of the first waiting one
    std::set<std::pair<Time, Lane*>> due_;
    std::set<Lane*> held_;
    std::set<Lane*> to_load_;
    std::set<Lane*> stalled_loads_;
    std::size_t parked_ = 0;
    std::size_t out_ = 0;
    std::size_t isolate_ = 0;
    std::size_t suspects_ = 0;
    bool retry_next_ = true;
};

}  // namespace quipu
