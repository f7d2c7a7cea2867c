// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/field_index.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace quipu::sqlite {
namespace {

constexpr std::size_t uuid_size = 36;
constexpr std::size_t many_rows = 32;
/// Bounds the memory of an upgrade; larger portions change fewer pages.
constexpr std::size_t upgrade_portion = 500'000;

std::string insert_rows(std::size_t rows) {
    // A portion that was cut off by the end of the program has left some of its rows.
    std::string sql = "INSERT OR IGNORE INTO field_index VALUES(?,?,?)";
    for (std::size_t row = 1; row < rows; ++row) {
        sql += ",(?,?,?)";
    }
    return sql;
}

/// The order of the table's key.
bool before(const IndexEntry& a, const IndexEntry& b) noexcept {
    const auto bytes = [](const IndexEntry& entry) {
        const auto& [uuid, text] = entry.key;
        return uuid ? std::string_view(uuid->data(), uuid->size()) : std::string_view(text);
    };
    return std::tuple(a.field, a.key.uuid.has_value(), bytes(a), a.position) <
           std::tuple(b.field, b.key.uuid.has_value(), bytes(b), b.position);
}

std::optional<UuidBytes> uuid_at_end(std::string_view text) {
    return text.size() < uuid_size ? std::nullopt
                                   : uuid_bytes(text.substr(text.size() - uuid_size));
}

std::string_view text_of(const FieldValue& value) {
    return std::string_view(value.canonical()).substr(1);
}

}  // namespace

IndexKey key_of_aggregate(std::string_view aggregate_id) {
    auto uuid = uuid_at_end(aggregate_id);
    return uuid ? IndexKey{uuid, {}} : IndexKey{{}, std::string(aggregate_id)};
}

IndexKey key_of_value(const FieldValue& value) {
    if (value.is_text()) {
        if (auto uuid = uuid_at_end(text_of(value))) {
            return {uuid, {}};
        }
    }
    return {{}, index_text(value)};
}

std::optional<IndexKey> aggregate_of_value(const FieldValue& value) {
    return value.is_text() ? std::optional(key_of_aggregate(text_of(value))) : std::nullopt;
}

IndexSource read_index_source(const Statement& row, int first_column, const IndexedFields& fields) {
    IndexSource source{.aggregate_id = row.id(first_column), .values = {}};
    // A row that does not read back as written is reported by who reads the event.
    const auto headers = RecordHeaders::from_bytes(std::string(row.bytes(first_column + 1)));
    source.values = fields.values(row.bytes(first_column + 2), headers.value_or(RecordHeaders{}));
    return source;
}

IndexWriter::IndexWriter(const Connection& connection)
    : insert_many_(connection, insert_rows(many_rows)), insert_one_(connection, insert_rows(1)) {}

void IndexWriter::sort(std::vector<IndexEntry>& entries) {
    std::ranges::sort(entries, before);
}

void IndexWriter::write(std::vector<const IndexEntry*>& rows) {
    const auto bind = [](Statement& statement, const IndexEntry& entry, int first) {
        statement.bind(first, entry.field);
        statement.bind(first + 1, KnownId{entry.key.uuid, entry.key.text});
        statement.bind(first + 2, entry.position);
    };
    if (rows.size() == many_rows) {
        insert_many_.reset();
        int first = 1;
        for (const IndexEntry* entry : rows) {
            bind(insert_many_, *entry, first);
            first += 3;
        }
        insert_many_.run();
    } else {
        for (const IndexEntry* entry : rows) {
            insert_one_.reset();
            bind(insert_one_, *entry, 1);
            insert_one_.run();
        }
    }
    rows.clear();
}

void IndexWriter::write(std::span<const IndexEntry> sorted, const IntervalSet& removed) {
    std::vector<const IndexEntry*> together;
    together.reserve(many_rows);
    for (const IndexEntry& entry : sorted) {
        if (removed.contains(entry.position)) {
            continue;
        }
        together.push_back(&entry);
        if (together.size() == many_rows) {
            write(together);
        }
    }
    write(together);
}

FieldIndex::FieldIndex(const Connection& connection, const FieldNumbers& numbers)
    : connection_(connection),
      numbers_(numbers),
      writer_(connection),
      delete_(connection,
              "DELETE FROM field_index WHERE field = ?1 AND value = ?2 AND position = ?3"),
      source_(connection, "SELECT " QUIPU_INDEX_SOURCE " FROM events WHERE position = ?1"),
      cover_(connection,
             "INSERT INTO meta VALUES('indexed_to', ?1) ON CONFLICT(name) DO UPDATE SET "
             "value = excluded.value") {}

void FieldIndex::load() {
    collected_.clear();
    portion_.clear();
    events_ = written_ = 0;
    last_ = filling_to_ = 0;
    covered_ = connection_.integer("SELECT " QUIPU_INDEX_COVERS);
}

void FieldIndex::add(std::int64_t position, std::string_view aggregate_id,
                     std::span<const IndexedValue> values) {
    numbers_.entries(position, aggregate_id, values,
                     [&](IndexEntry&& entry) { collected_.push_back(std::move(entry)); });
    last_ = position;
    ++events_;
}

void FieldIndex::remove(std::int64_t position) {
    std::vector<IndexEntry> rows;
    {
        const Reset reset(source_);
        if (source_.with(position).step()) {
            const auto [aggregate, values] = read_index_source(source_, 0, numbers_.fields());
            numbers_.entries(position, aggregate, values,
                             [&](IndexEntry&& entry) { rows.push_back(std::move(entry)); });
        }
    }
    for (const auto& [field, key, event] : rows) {
        delete_.with(field, KnownId{key.uuid, key.text}, event).run();
    }
}

void FieldIndex::begin_filling() {
    portion_.swap(collected_);
    collected_.clear();
    IndexWriter::sort(portion_);
    written_ = 0;
    events_ = 0;
    filling_to_ = last_;
}

bool FieldIndex::fill(std::size_t rows, const IntervalSet& removed) {
    static const IntervalSet none;
    const bool any_removed = removed.count(covered_ + 1, filling_to_) != 0;
    const std::size_t count = std::min(rows, portion_.size() - written_);
    writer_.write(std::span(portion_).subspan(written_, count), any_removed ? removed : none);
    written_ += count;
    if (written_ < portion_.size()) {
        return false;
    }
    cover_.with(filling_to_).run();
    covered_ = std::exchange(filling_to_, 0);
    portion_.clear();
    return true;
}

void build_aggregate_index(const Connection& connection) {
    const IndexedFields none({});
    const FieldNumbers numbers(none);
    FieldIndex index(connection, numbers);
    index.load();
    Statement events(connection,
                     "SELECT position, aggregate_id FROM events "
                     "WHERE position > ?1 ORDER BY position LIMIT ?2");
    for (;;) {
        events.with(index.covered(), static_cast<std::int64_t>(upgrade_portion));
        while (events.step()) {
            index.add(events.integer(0), events.id(1), {});
        }
        if (!index.behind()) {
            return;
        }
        index.begin_filling();
        index.fill(upgrade_portion, {});
    }
}

}  // namespace quipu::sqlite
