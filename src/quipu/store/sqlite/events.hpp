// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "quipu/store/engine/interval_set.hpp"
#include "quipu/store/engine/prepare.hpp"
#include "quipu/store/engine/recent_ids.hpp"
#include "quipu/store/sqlite/field_index.hpp"
#include "quipu/store/sqlite/heads.hpp"
#include "quipu/store/sqlite/types.hpp"

namespace quipu::sqlite {

/// Appends to the log, and what was taken out of it (writer only).
class EventTable {
  public:
    /// The index is written in portions of `index_portion` events.
    EventTable(const Connection& connection, const FieldNumbers& numbers,
               std::size_t index_portion);

    /// Reads the state of the file, at the start and after a rollback.
    void load();

    [[nodiscard]] std::int64_t last_position() const noexcept { return last_; }
    /// Positions that purge and archive emptied.
    [[nodiscard]] const IntervalSet& removed() const noexcept { return removed_; }

    /// Finds out whether `appends` can be stored, without storing anything. The result has the
    /// answer for those that are stored already. For a single append without expectation this is
    /// left to `append`, which notices a duplicate while it stores.
    [[nodiscard]] Result<std::vector<std::optional<Appended>>> check(
        const std::vector<PreparedAppend>& appends);

    /// Stores one; fails only where `check` left a duplicate unseen. What `append` refers to must
    /// live until `write_pending` or `load`.
    [[nodiscard]] Result<Appended> append(const PreparedAppend& append, Time stored_at);

    /// Stores a record of another store as it is, beyond the last position; what lies between is
    /// empty. invalid, conflict as Store::restore says.
    [[nodiscard]] Result<void> restore(const PreparedAppend& append);
    /// Makes the log end at `last`, with empty positions up to there.
    void leave_empty_to(std::int64_t last);

    /// Rows are collected and written several at a time. Everything else that reads or changes
    /// the table of events must call this first.
    void write_pending();

    /// Notes that the record's position is empty from here on.
    void remove(const Record& record);
    /// An event went to the archive: its id is looked up there, too.
    void archive_grew() noexcept { any_archived_ = true; }
    /// Writes what was only noted in memory, and as much of the index as keeps pace.
    void flush();
    /// Whether the index lacks events of the log's end.
    [[nodiscard]] bool index_behind() const noexcept { return index_.behind(); }
    /// Writes all of it.
    void complete_index();

    [[nodiscard]] TypeTable& types() noexcept { return types_; }

  private:
    struct Pending {
        const PreparedAppend* append;
        std::int64_t type;
    };
    void write_rows(Statement& statement, std::span<const Pending> rows);
    Result<std::optional<Appended>> stored_before(const PreparedAppend& append);
    Result<Appended> insert_if_absent(const PreparedAppend& append);
    void load_recent_ids();
    void load_index();
    void stored(const PreparedAppend& append);
    void fill_index(std::size_t rows);
    static Result<Appended> compare(const PreparedAppend& append, Statement& row, TypeTable& types);

    const Connection& connection_;
    TypeTable types_;
    Heads heads_;
    const FieldNumbers& numbers_;
    FieldIndex index_;
    const std::size_t index_portion_;
    std::size_t unflushed_ = 0;  ///< events since the last flush
    Statement insert_if_absent_;
    Statement insert_many_;
    Statement insert_few_;
    Statement insert_one_;
    Statement by_id_;
    Statement archived_by_id_;
    Statement put_removed_;
    Statement drop_removed_;
    std::int64_t last_ = 0;
    bool any_archived_ = false;
    IntervalSet removed_;
    RecentIds recent_ids_;
    std::vector<Pending> pending_;
};

}  // namespace quipu::sqlite
