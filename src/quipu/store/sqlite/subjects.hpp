// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/store/engine/interval_set.hpp"
#include "quipu/store/sqlite/handle.hpp"

namespace quipu::sqlite {

/// What the index files an id under: the UUID at its end, so that "exec-<uuid>" and "<uuid>" stand
/// together and UUIDs that grow with time are filed in order; the whole id where there is none.
/// Part of the file format.
struct Subject {
    std::optional<UuidBytes> uuid;
    std::string text;  ///< empty where there is a UUID
    friend bool operator==(const Subject&, const Subject&) = default;
};
[[nodiscard]] Subject subject_of(std::string_view id);

/// Whether the aggregate's id says which execution it is. Then the row has `derived_execution` in
/// place of the id.
[[nodiscard]] bool execution_is_derived(std::string_view aggregate_id,
                                        std::string_view execution_id);
constexpr std::int64_t derived_execution = 1;

/// A row of the index.
struct IndexEntry {
    enum class Kind : std::uint8_t { aggregate = 0, execution = 1 } kind{};
    Subject subject;
    std::int64_t position = 0;
};

/// The rows of an event; ids are empty where it has none, and so is that of a derived execution.
[[nodiscard]] std::vector<IndexEntry> index_entries(std::int64_t position,
                                                    std::string_view aggregate_id,
                                                    std::string_view execution_id);
/// The same for a row of events that has its aggregate_id and execution_id in these columns.
[[nodiscard]] std::vector<IndexEntry> index_entries(std::int64_t position, const Statement& row,
                                                    int aggregate_column, int execution_column);

/// The index of aggregates and executions (writer only). These come in no order, so that a row for
/// each event would change a page for each event. Therefore the index lags behind the log: what is
/// new is collected and written in sorted portions. It covers the log up to a position that the
/// file names; readers scan what lies beyond.
class SubjectIndex {
  public:
    explicit SubjectIndex(const Connection& connection);

    /// Forgets what was collected and reads up to where the file's index reaches. Every event
    /// beyond must be given to `add` again.
    void load();
    [[nodiscard]] std::int64_t covered() const noexcept { return covered_; }

    void add(std::int64_t position, std::string_view aggregate_id, std::string_view execution_id);
    void add(std::int64_t position, const Statement& row, int aggregate_column,
             int execution_column);
    /// Called before the event leaves the log.
    void remove(std::int64_t position);

    /// Events that are neither covered nor being written.
    [[nodiscard]] std::size_t collected() const noexcept { return events_; }
    /// Something is being written, or waits for it.
    [[nodiscard]] bool behind() const noexcept { return filling() || events_ != 0; }
    [[nodiscard]] bool filling() const noexcept { return filling_to_ != 0; }
    /// Begins to write what is collected.
    void begin_filling();
    /// Writes at most `rows` of it, without those of positions in `removed`; true when that was
    /// all, and the index covers it.
    bool fill(std::size_t rows, const IntervalSet& removed);

  private:
    void write(std::vector<const IndexEntry*>& rows);

    const Connection& connection_;
    Statement insert_many_;
    Statement insert_one_;
    Statement delete_;
    Statement ids_;
    Statement cover_;
    std::vector<IndexEntry> collected_;
    std::size_t events_ = 0;
    std::int64_t last_ = 0;  ///< position of the last event in `collected_`
    std::vector<IndexEntry> portion_;
    std::size_t written_ = 0;  ///< of `portion_`
    std::int64_t filling_to_ = 0;
    std::int64_t covered_ = 0;
};

/// Up to where the index reaches, as SQL.
#define QUIPU_INDEX_COVERS "(SELECT value FROM meta WHERE name = 'subjects_to')"

/// Makes the index of a file whose events have none yet, within the caller's transaction.
void build_subjects(const Connection& connection);

}  // namespace quipu::sqlite
