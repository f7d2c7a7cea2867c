// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quipu/store/restore.hpp"
#include "quipu/store/sqlite/documents.hpp"
#include "quipu/store/sqlite/events.hpp"
#include "quipu/store/sqlite/field_fill.hpp"
#include "quipu/store/sqlite/groups.hpp"
#include "quipu/store/sqlite/letters.hpp"
#include "quipu/store/sqlite/removal.hpp"

namespace quipu::sqlite {

/// What a shared commit changed that readers in memory must learn.
struct CommitChanges {
    std::vector<RecordPtr> appended;
    std::vector<std::int64_t> removed;
};

/// The one connection that writes, with all its tables. One thread at a time. Functions return an
/// Error for what a caller did wrong (nothing is changed then) and throw Failure when the engine
/// fails.
class WriteSession {
  public:
    /// Creates the tables in an empty file. `fields`, which must outlive it, are those that the
    /// program declares. Throws Failure.
    WriteSession(std::unique_ptr<Connection> connection, const IndexedFields& fields,
                 bool sync_each_commit, std::size_t index_portion);

    void begin(Time stored_at);
    /// Writes what is pending and makes it durable; returns what changed.
    [[nodiscard]] CommitChanges commit();
    /// Forgets everything since `begin`, in the file and in memory.
    void rollback();

    [[nodiscard]] Result<Committed> apply(const Prepared& prepared);

    [[nodiscard]] Result<GroupPosition> open_group(const std::string& group, bool from_earliest);
    [[nodiscard]] Result<Parked> retry_now(const std::string& group, std::int64_t position);
    [[nodiscard]] Result<DeadLetter> requeue(std::int64_t id, Decision decision);
    [[nodiscard]] Result<DeadLetter> discard(std::int64_t id, Decision decision);
    [[nodiscard]] Result<void> archive(std::string_view event_id, const std::string& deleted_by,
                                       const std::string& reason);
    /// Looks at some expired events from `from` on and removes at most `limit` of them.
    [[nodiscard]] PurgeStep purge(const PurgeFrom& from, Time now, std::size_t limit);

    /// `prepared` is the batch's events, checked; the rest of it is in `batch`.
    [[nodiscard]] Result<void> restore(const Prepared& prepared, const RestoreBatch& batch);

    [[nodiscard]] std::int64_t last_position() const noexcept { return events_.last_position(); }
    [[nodiscard]] const IntervalSet& removed() const noexcept { return events_.removed(); }
    /// Completes the index for the log's end in a commit of its own; does nothing when it lacks
    /// nothing.
    void complete_index();
    [[nodiscard]] bool index_behind() const noexcept { return events_.index_behind(); }
    /// Fields that the program newly declares, or no longer, wait for their rows in the index.
    [[nodiscard]] bool fields_to_fill() const noexcept { return fill_.pending(); }
    /// Does a little of that in a commit of its own.
    void fill_fields();
    /// Frames in the write-ahead log that are not in the main file yet, after the last commit.
    [[nodiscard]] std::int64_t wal_frames() const noexcept { return wal_frames_; }
    /// Copies the write-ahead log into the main file as far as readers allow. With `wait`, waits a
    /// little for them so that the log can begin anew.
    void checkpoint(bool wait);
    /// Leaves the write-ahead log as it is when the connection closes.
    void distrust() noexcept;

  private:
    Result<void> check(const Prepared& prepared);
    Result<void> append_all(const Prepared& prepared, Committed& committed);
    void load();
    Result<void> restore_all(const Prepared& prepared, const RestoreBatch& batch);
    Result<void> restore_archive(const RestoreBatch& batch);
    void restore_documents(const RestoreBatch& batch);
    Result<void> restore_groups(const RestoreBatch& batch);

    std::unique_ptr<Connection> connection_;
    Statement begin_;
    Statement commit_;
    FieldNumbers numbers_;
    EventTable events_;
    FieldFill fill_;
    GroupTable groups_;
    DocumentTable documents_;
    ParkedTable parked_;
    DeadLetterTable letters_;
    Removal removal_;
    Time stored_at_{};
    CommitChanges changes_;
    std::vector<std::optional<Appended>> known_;
    std::int64_t wal_frames_ = 0;
};

}  // namespace quipu::sqlite
