// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/store/engine/fields.hpp"
#include "quipu/store/engine/interval_set.hpp"
#include "quipu/store/sqlite/handle.hpp"

namespace quipu::sqlite {

/// What the index files a text under: the UUID at its end, so that "exec-<uuid>" and "<uuid>" stand
/// together and UUIDs that grow with time are filed in order; the text where there is none. What
/// the index leads to must therefore be compared with what was asked for. Part of the file format.
struct IndexKey {
    std::optional<UuidBytes> uuid;
    std::string text;  ///< empty where there is a UUID
    friend bool operator==(const IndexKey&, const IndexKey&) = default;
};
[[nodiscard]] IndexKey key_of_aggregate(std::string_view aggregate_id);
[[nodiscard]] IndexKey key_of_value(const FieldValue& value);
/// The key of the aggregates below which the index may leave an event out under `value`; nothing
/// where it leaves none out. See FieldNumbers::entries.
[[nodiscard]] std::optional<IndexKey> aggregate_of_value(const FieldValue& value);

/// The number of aggregate_id in the index; that of 1 belonged to the version before.
constexpr std::int64_t aggregate_field = 0;
constexpr std::int64_t first_field = 2;

/// A row of the index.
struct IndexEntry {
    std::int64_t field = aggregate_field;
    IndexKey key;
    std::int64_t position = 0;
};

/// The fields of the program and the numbers that the file has given them.
class FieldNumbers {
  public:
    explicit FieldNumbers(const IndexedFields& fields) : fields_(fields) {}

    [[nodiscard]] const IndexedFields& fields() const noexcept { return fields_; }
    /// In the order of IndexedFields::paths(); 0 leaves a field out.
    void assign(std::vector<std::int64_t> numbers) { numbers_ = std::move(numbers); }

    /// Calls `take(entry)` for each row that an event has in the index. A value that the event's
    /// aggregate is filed under anyway has none: who looks for it looks at that aggregate, too.
    template <class Take>
    void entries(std::int64_t position, std::string_view aggregate_id,
                 std::span<const IndexedValue> values, Take&& take) const {
        IndexKey aggregate;
        if (!aggregate_id.empty()) {
            aggregate = key_of_aggregate(aggregate_id);
        }
        for (const auto& [field, value] : values) {
            if (field >= numbers_.size() || numbers_[field] == 0 ||
                (!aggregate_id.empty() && aggregate_of_value(value) == aggregate)) {
                continue;
            }
            take(IndexEntry{
                .field = numbers_[field], .key = key_of_value(value), .position = position});
        }
        if (!aggregate_id.empty()) {
            take(IndexEntry{
                .field = aggregate_field, .key = std::move(aggregate), .position = position});
        }
    }

  private:
    const IndexedFields& fields_;
    std::vector<std::int64_t> numbers_;
};

/// The columns of an event that its rows in the index come from, and how they are read.
#define QUIPU_INDEX_SOURCE "aggregate_id, headers, body"
struct IndexSource {
    std::string aggregate_id;
    std::vector<IndexedValue> values;
};
[[nodiscard]] IndexSource read_index_source(const Statement& row, int first_column,
                                            const IndexedFields& fields);

/// Writes rows into the index, in the order of its key, as many at a time as it can. Rows that are
/// there already stay.
class IndexWriter {
  public:
    explicit IndexWriter(const Connection& connection);

    static void sort(std::vector<IndexEntry>& entries);
    /// Leaves out those of positions in `removed`.
    void write(std::span<const IndexEntry> sorted, const IntervalSet& removed);

  private:
    void write(std::vector<const IndexEntry*>& rows);

    Statement insert_many_;
    Statement insert_one_;
};

/// The index of aggregates and fields (writer only). Its keys come in no order, so that a row for
/// each event would change a page for each event. Therefore the index lags behind the log: what is
/// new is collected and written in sorted portions. It covers the log up to a position that the
/// file names; readers scan what lies beyond.
class FieldIndex {
  public:
    FieldIndex(const Connection& connection, const FieldNumbers& numbers);

    /// Forgets what was collected and reads up to where the file's index reaches. Every event
    /// beyond must be given to `add` again.
    void load();
    [[nodiscard]] std::int64_t covered() const noexcept { return covered_; }

    void add(std::int64_t position, std::string_view aggregate_id,
             std::span<const IndexedValue> values);
    /// Called before the event leaves the log.
    void remove(std::int64_t position);

    /// Events that are neither covered nor being written.
    [[nodiscard]] std::size_t collected() const noexcept { return events_; }
    /// Rows that an event has at most.
    [[nodiscard]] std::size_t rows_per_event() const noexcept {
        return 1 + numbers_.fields().paths().size();
    }
    /// Something is being written, or waits for it.
    [[nodiscard]] bool behind() const noexcept { return filling() || events_ != 0; }
    [[nodiscard]] bool filling() const noexcept { return filling_to_ != 0; }
    /// Begins to write what is collected.
    void begin_filling();
    /// Writes at most `rows` of it, without those of positions in `removed`; true when that was
    /// all, and the index covers it.
    bool fill(std::size_t rows, const IntervalSet& removed);

  private:
    const Connection& connection_;
    const FieldNumbers& numbers_;
    IndexWriter writer_;
    Statement delete_;
    Statement source_;
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
#define QUIPU_INDEX_COVERS "(SELECT value FROM meta WHERE name = 'indexed_to')"

/// Makes the index of the aggregates of a file whose events have none yet, within the caller's
/// transaction.
void build_aggregate_index(const Connection& connection);

}  // namespace quipu::sqlite
