// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/store/query.hpp"
#include "quipu/store/record.hpp"
#include "quipu/store/restore.hpp"
#include "quipu/store/transaction.hpp"

namespace quipu {

/// Facts about a store, for `doctor` and metrics.
struct StoreHealth {
    std::string engine;  ///< e.g. "sqlite 3.40.1"
    std::string location;
    std::string durability;  ///< e.g. "full"
    std::int64_t last_position = 0;
    std::int64_t events = 0;
    std::int64_t bytes = 0;      ///< size on disk
    std::int64_t wal_bytes = 0;  ///< part of it not yet checkpointed
    bool writable = true;
    std::string problem;  ///< why it is not writable; empty when all is well
};

/// What other processes have parked or requeued, see Store::parked_changes.
struct ParkedChanges {
    std::vector<Parked> entries;
    std::int64_t next = 0;  ///< the change number to ask from next time
    bool more = false;      ///< there are further changes beyond `next` already
};

/// Keeps events, group offsets, inbox marks, documents, parked records and dead letters, and
/// changes them together. The embedded store is the log, too.
///
/// All functions are thread-safe. Reads see everything that was committed before they began.
class Store {
  public:
    using Done = std::function<void(Result<Committed>)>;

    virtual ~Store() = default;

    /// Queues `transaction`; transactions that wait at the same time share one commit. `done` runs
    /// once, after the data is durable or the transaction failed: on the store's writer thread, or
    /// before `submit` returns when the transaction cannot be queued (malformed, read-only store).
    /// It must be short, must not throw and must not wait for the store; it may call `submit`.
    /// Blocks while more waits than the store may queue, except on the writer thread.
    ///
    /// A failure concerns this transaction alone, unless the disk failed: then everything waiting
    /// fails with ErrorCode::unavailable and the store takes no further writes (a full disk: until
    /// a later `submit` finds space). A transaction that failed so is not stored, or, where the
    /// disk lost track, may be: sending it again with the same event ids is safe.
    virtual void submit(Transaction transaction, Done done) = 0;

    /// `submit` and wait.
    [[nodiscard]] Result<Committed> commit(Transaction transaction);

    /// Records after `position` in log order, at most `limit` (at least one if there is any).
    [[nodiscard]] virtual Result<std::vector<RecordPtr>> read(std::int64_t position,
                                                              std::size_t limit) = 0;

    /// Blocks until the log has a record beyond `position`, `timeout` passed, or `wake` was
    /// called. Returns the last position.
    virtual std::int64_t wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) = 0;

    /// Ends every `wait_beyond` that waits now.
    virtual void wake() = 0;

    /// A UUID that tells this store from every other; made with it and never changed. Records that
    /// left for a topic log carry it, so that their own store knows them when they come back.
    [[nodiscard]] virtual const std::string& identity() const = 0;

    /// The position of the last record, 0 for an empty log.
    [[nodiscard]] virtual std::int64_t last_position() = 0;

    [[nodiscard]] virtual Result<std::optional<Record>> find(std::string_view event_id) = 0;
    [[nodiscard]] virtual Result<std::optional<Record>> at(std::int64_t position) = 0;

    /// One page of the events that match, and the cursor of the next page. A page's cost depends
    /// on its size, not on how far into the result it lies.
    [[nodiscard]] virtual Result<EventPage> query(const EventQuery& query) = 0;

    /// How many records of `types` (all when empty) lie beyond `position`.
    [[nodiscard]] virtual Result<std::int64_t> count_beyond(
        std::int64_t position, const std::vector<std::string>& types) = 0;

    [[nodiscard]] virtual Result<std::optional<Document>> document(std::string_view collection,
                                                                   std::string_view key) = 0;
    /// Documents whose key begins with `prefix`, ordered by key (bytewise), after `after`.
    [[nodiscard]] virtual Result<std::vector<Document>> documents(std::string_view collection,
                                                                  std::string_view prefix,
                                                                  std::string_view after,
                                                                  std::size_t limit) = 0;

    /// Makes `group` known, starting before the first record or after the last, if it is new.
    /// Returns where it stands.
    [[nodiscard]] virtual Result<GroupPosition> open_group(const std::string& group,
                                                           bool from_earliest) = 0;
    [[nodiscard]] virtual Result<std::vector<GroupPosition>> groups() = 0;

    /// Those of `positions` that `group` has not finished, in their order. ErrorCode::not_found for
    /// a group that was never opened.
    [[nodiscard]] virtual Result<std::vector<std::int64_t>> unfinished(
        const std::string& group, const std::vector<std::int64_t>& positions) = 0;

    /// What `group` has parked beyond position `after`, by position, at most `limit` entries.
    [[nodiscard]] virtual Result<std::vector<Parked>> parked(const std::string& group,
                                                             std::int64_t after,
                                                             std::size_t limit) = 0;
    /// All of it; for small groups and tests, since the number of parked records has no bound.
    [[nodiscard]] Result<std::vector<Parked>> parked(const std::string& group);
    /// As `parked`, of one key only; by index.
    [[nodiscard]] virtual Result<std::vector<Parked>> parked_of_key(const std::string& group,
                                                                    const std::string& key,
                                                                    std::int64_t after,
                                                                    std::size_t limit) = 0;
    /// Those of `positions` that `group` still has parked, ascending.
    [[nodiscard]] virtual Result<std::vector<std::int64_t>> still_parked(
        const std::string& group, const std::vector<std::int64_t>& positions) = 0;
    /// The entries of `group` that were written after change number `since` and are still there,
    /// oldest change first, at most a few hundred and the rest of what was stored together with the
    /// last of them; ask again from `next` while `more`. For stores
    /// that several processes write: each learns what the others have parked and requeued without
    /// reading everything again. Removed entries do not show. A store with one writer answers with
    /// nothing, at no cost.
    [[nodiscard]] virtual Result<ParkedChanges> parked_changes(const std::string& group,
                                                               std::int64_t since) = 0;
    /// The change number to begin with: what is written later has a higher one. 0 for a store with
    /// one writer.
    [[nodiscard]] virtual Result<std::int64_t> last_parked_change() = 0;

    /// Makes what `group` has parked at `position` due at once; its attempts stay counted. Returns
    /// the entry. ErrorCode::not_found when nothing is parked there, conflict when it is held by a
    /// dead letter, which `requeue` is for.
    [[nodiscard]] virtual Result<Parked> retry_now(const std::string& group,
                                                   std::int64_t position) = 0;

    /// Dead letters of `group` (of all groups when empty), oldest first, ids above `after_id`.
    [[nodiscard]] virtual Result<std::vector<DeadLetter>> dead_letters(
        const std::string& group, std::optional<DeadLetter::Status> status, std::int64_t after_id,
        std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::optional<DeadLetter>> dead_letter(std::int64_t id) = 0;

    /// Hands the record of an open dead letter to its group again, under the same event id: its
    /// parked entry, which is made if the letter did not hold its key, becomes due at once with no
    /// attempts counted. The letter is then `requeued`, until a transaction of the group says what
    /// came of it. ErrorCode::conflict when it is not open or its event was archived.
    [[nodiscard]] virtual Result<DeadLetter> requeue(std::int64_t id, Decision decision) = 0;
    /// Sets an open dead letter aside for good and releases its key; its bytes stay readable.
    /// ErrorCode::conflict when it is not open.
    [[nodiscard]] virtual Result<DeadLetter> discard(std::int64_t id, Decision decision) = 0;

    /// Removes at most `limit` events whose `expires_at` has passed and that every known group has
    /// finished; returns how many. Documents, dead letters and parked records never expire here;
    /// a parked record and an open dead letter keep their event.
    [[nodiscard]] virtual Result<std::size_t> purge(Time now, std::size_t limit) = 0;

    /// Takes one event out of the log into the archive, whole: its bytes, who removed it and why.
    /// It counts as finished for every group; what groups parked of it is dropped. Errors:
    /// not_found, conflict when it is in the archive already.
    [[nodiscard]] virtual Result<void> archive(std::string_view event_id, std::string deleted_by,
                                               std::string reason) = 0;
    [[nodiscard]] virtual Result<std::optional<ArchivedRecord>> archived(
        std::string_view event_id) = 0;

    /// The collections that have documents, ascending. ErrorCode::invalid where the engine cannot
    /// tell.
    [[nodiscard]] virtual Result<std::vector<std::string>> collections();

    /// Puts a part of another store's content in, whole or not at all, for a copy of that store.
    /// Nobody else writes meanwhile. A batch without events may be put in again: the same rows are
    /// written. Errors: invalid (a position or a sequence that is not beyond the last one, an
    /// archived event that is no hole, an engine that cannot), conflict (an event id that is stored
    /// already), limit (more than the engine takes at once, or a row that it cannot take at all).
    [[nodiscard]] virtual Result<void> restore(const RestoreBatch& batch);

    /// Reads everything back and checks it: integrity of the file, positions without gaps that no
    /// purge or archive explains, sequences without gaps, offsets that pass nothing unfinished.
    /// Returns the problems found, none for a sound store. Slow: it reads the whole store.
    [[nodiscard]] virtual Result<std::vector<std::string>> verify() = 0;

    [[nodiscard]] virtual Result<StoreHealth> health() = 0;
};

}  // namespace quipu
