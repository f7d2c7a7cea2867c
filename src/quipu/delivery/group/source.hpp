// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// A record that a source gives to its group.
struct Incoming {
    RecordPtr record;
    std::string source;   ///< the partition that brought it, as Parked::source
    std::string refusal;  ///< why it can't be handled whatever its handler does; else empty
};

/// Inclusive positions (first, last).
using PositionRange = std::pair<std::int64_t, std::int64_t>;

/// How far a source has come.
struct SourceState {
    /// Everything up to here was given out, belongs to no subscription, or is finished.
    std::int64_t position = 0;
    std::size_t pending = 0;  ///< known records that it has not given out yet
    bool at_end = false;      ///< it has given out everything there was when it last looked
};

/// What one look brings.
struct SourceYield {
    std::vector<Incoming> records;       ///< in the order in which they may begin
    std::vector<PositionRange> nothing;  ///< ranges that hold nothing for the group
    /// Why it could not bring more. Nothing is lost; the group pauses and asks again.
    std::optional<Error> problem;
};

/// The group's side of a source that shares its records with other processes. Called on the
/// reader's thread, within next() and close().
class SourceOwner {
  public:
    virtual ~SourceOwner() = default;
    /// Partitions have come; what the group has parked of them is now its own.
    virtual void sources_gained(const std::set<std::string>& sources) = 0;
    /// Takes back those of `positions` that no handler has begun; returns them.
    [[nodiscard]] virtual std::vector<std::int64_t> take_back(
        const std::set<std::int64_t>& positions) = 0;
    /// Partitions go: forgets what is parked of them, and returns when nothing of `positions` and
    /// of that is being handled any more, or at `until`. With `lost` another process may have them
    /// already.
    virtual void sources_lost(const std::set<std::string>& sources,
                              const std::set<std::int64_t>& positions, bool lost,
                              std::chrono::steady_clock::time_point until) = 0;
    /// A warning for the operator.
    virtual void source_notice(std::string text) = 0;
};

/// Where a group's records come from: the store, or a topic log beside the store. Gives each
/// subscribed and unfinished record once. Belongs to the group's reader thread, except where a
/// function says otherwise.
class Source {
  public:
    virtual ~Source() = default;

    /// Begins where the group stands. Before any other call.
    [[nodiscard]] virtual Result<void> open(const GroupPosition& position) = 0;

    /// Gives at most about `room` records, and waits a moment if there are none.
    [[nodiscard]] virtual SourceYield next(std::size_t room) = 0;
    /// Whether next() must be called every second or so, with `room` 0 when the group has enough:
    /// membership in a log's group depends on it.
    [[nodiscard]] virtual bool must_be_polled() const = 0;

    [[nodiscard]] virtual SourceState state() const = 0;

    /// Says that a record is finished: its transaction is committed. From any thread.
    void finished(std::int64_t position) QUIPU_EXCLUDES(mutex_) {
        const MutexLock lock(mutex_);
        finished_.push_back(position);
    }
    /// Whether another process has finished a record. From any thread.
    [[nodiscard]] virtual bool finished_elsewhere(std::int64_t position) = 0;

    /// Ends. Everything that will ever be finished has been said so.
    virtual void close() = 0;

  protected:
    [[nodiscard]] std::vector<std::int64_t> take_finished() QUIPU_EXCLUDES(mutex_) {
        const MutexLock lock(mutex_);
        return std::exchange(finished_, {});
    }

  private:
    Mutex mutex_;
    std::vector<std::int64_t> finished_ QUIPU_GUARDED_BY(mutex_);
};

/// Follows the store's positions, as both kinds of source do.
class StoreCursor {
  public:
    StoreCursor(Store& store, std::vector<std::string> types)
        : store_(store), types_(types.begin(), types.end()) {}

    void open(const GroupPosition& position) {
        at_ = position.position;
        finished_above_.insert(position.finished_above.begin(), position.finished_above.end());
    }
    /// Every position up to here has been looked at.
    [[nodiscard]] std::int64_t at() const noexcept { return at_; }
    /// The next records in the store; nothing at its end.
    [[nodiscard]] Result<std::vector<RecordPtr>> read(std::size_t limit) {
        return store_.read(at_, limit);
    }
    /// Moves over a record. True if the group has to handle it: it is subscribed to, and was not
    /// finished before. Ranges without such records are added to `nothing`.
    [[nodiscard]] bool pass(const Record& record, std::vector<PositionRange>& nothing);
    /// A record is finished; it may lie beyond the cursor.
    void finished(std::int64_t position) {
        if (position > at_) finished_above_.insert(position);
    }

  private:
    Store& store_;
    const std::set<std::string, std::less<>> types_;
    std::int64_t at_ = 0;
    std::set<std::int64_t> finished_above_;
};

}  // namespace quipu
