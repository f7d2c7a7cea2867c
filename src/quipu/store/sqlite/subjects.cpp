// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/subjects.hpp"

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
    std::string sql = "INSERT OR IGNORE INTO subjects VALUES(?,?,?)";
    for (std::size_t row = 1; row < rows; ++row) {
        sql += ",(?,?,?)";
    }
    return sql;
}

std::int64_t number(IndexEntry::Kind kind) noexcept {
    return static_cast<std::int64_t>(kind);
}

/// The order of the table's key.
bool before(const IndexEntry& a, const IndexEntry& b) noexcept {
    const auto bytes = [](const IndexEntry& entry) {
        const auto& [uuid, text] = entry.subject;
        return uuid ? std::string_view(uuid->data(), uuid->size()) : std::string_view(text);
    };
    return std::tuple(a.kind, a.subject.uuid.has_value(), bytes(a), a.position) <
           std::tuple(b.kind, b.subject.uuid.has_value(), bytes(b), b.position);
}

/// Calls `entry` for each row that an event has in the index.
template <class Entry>
void for_each_entry(std::int64_t position, std::string_view aggregate_id,
                    std::string_view execution_id, Entry&& entry) {
    Subject aggregate;
    if (!aggregate_id.empty()) {
        aggregate = subject_of(aggregate_id);
    }
    if (!execution_id.empty()) {
        Subject execution = subject_of(execution_id);
        // Who looks for an execution looks at the aggregates of that subject, too.
        if (aggregate_id.empty() || execution != aggregate) {
            entry(IndexEntry{.kind = IndexEntry::Kind::execution,
                             .subject = std::move(execution),
                             .position = position});
        }
    }
    if (!aggregate_id.empty()) {
        entry(IndexEntry{.kind = IndexEntry::Kind::aggregate,
                         .subject = std::move(aggregate),
                         .position = position});
    }
}

std::string execution_of(const Statement& row, int column) {
    // Asked for first: reading a number as bytes would make it text.
    return row.integral(column) ? std::string() : row.id(column);
}

}  // namespace

Subject subject_of(std::string_view id) {
    Subject subject;
    if (id.size() >= uuid_size) {
        subject.uuid = uuid_bytes(id.substr(id.size() - uuid_size));
    }
    if (!subject.uuid) {
        subject.text = id;
    }
    return subject;
}

bool execution_is_derived(std::string_view aggregate_id, std::string_view execution_id) {
    return execution_id.size() == uuid_size && aggregate_id.size() > uuid_size &&
           aggregate_id.ends_with(execution_id) && uuid_bytes(execution_id).has_value();
}

std::vector<IndexEntry> index_entries(std::int64_t position, std::string_view aggregate_id,
                                      std::string_view execution_id) {
    std::vector<IndexEntry> entries;
    for_each_entry(position, aggregate_id, execution_id,
                   [&](IndexEntry&& entry) { entries.push_back(std::move(entry)); });
    return entries;
}

std::vector<IndexEntry> index_entries(std::int64_t position, const Statement& row,
                                      int aggregate_column, int execution_column) {
    return index_entries(position, row.id(aggregate_column), execution_of(row, execution_column));
}

SubjectIndex::SubjectIndex(const Connection& connection)
    : connection_(connection),
      insert_many_(connection, insert_rows(many_rows)),
      insert_one_(connection, insert_rows(1)),
      delete_(connection, "DELETE FROM subjects WHERE kind = ?1 AND subject = ?2 AND event = ?3"),
      ids_(connection, "SELECT aggregate_id, execution_id FROM events WHERE position = ?1"),
      cover_(connection,
             "INSERT INTO meta VALUES('subjects_to', ?1) ON CONFLICT(name) DO UPDATE SET "
             "value = excluded.value") {}

void SubjectIndex::load() {
    collected_.clear();
    portion_.clear();
    events_ = written_ = 0;
    last_ = filling_to_ = 0;
    covered_ = connection_.integer("SELECT " QUIPU_INDEX_COVERS);
}

void SubjectIndex::add(std::int64_t position, std::string_view aggregate_id,
                       std::string_view execution_id) {
    for_each_entry(position, aggregate_id, execution_id,
                   [&](IndexEntry&& entry) { collected_.push_back(std::move(entry)); });
    last_ = position;
    ++events_;
}

void SubjectIndex::add(std::int64_t position, const Statement& row, int aggregate_column,
                       int execution_column) {
    add(position, row.id(aggregate_column), execution_of(row, execution_column));
}

void SubjectIndex::remove(std::int64_t position) {
    std::vector<IndexEntry> entries;
    {
        const Reset reset(ids_);
        if (ids_.with(position).step()) {
            entries = index_entries(position, ids_, 0, 1);
        }
    }
    for (const auto& [kind, subject, event] : entries) {
        delete_.with(number(kind), KnownId{subject.uuid, subject.text}, event).run();
    }
}

void SubjectIndex::begin_filling() {
    portion_.swap(collected_);
    collected_.clear();
    std::ranges::sort(portion_, before);
    written_ = 0;
    events_ = 0;
    filling_to_ = last_;
}

void SubjectIndex::write(std::vector<const IndexEntry*>& rows) {
    if (rows.empty()) {
        return;
    }
    const auto bind = [](Statement& statement, const IndexEntry& entry, int first) {
        statement.bind(first, number(entry.kind));
        statement.bind(first + 1, KnownId{entry.subject.uuid, entry.subject.text});
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

bool SubjectIndex::fill(std::size_t rows, const IntervalSet& removed) {
    const bool any_removed = removed.count(covered_ + 1, filling_to_) != 0;
    const std::size_t end = written_ + std::min(rows, portion_.size() - written_);
    std::vector<const IndexEntry*> together;
    together.reserve(many_rows);
    for (; written_ < end; ++written_) {
        const IndexEntry& entry = portion_[written_];
        if (any_removed && removed.contains(entry.position)) {
            continue;
        }
        together.push_back(&entry);
        if (together.size() == many_rows) {
            write(together);
        }
    }
    write(together);
    if (written_ < portion_.size()) {
        return false;
    }
    cover_.with(filling_to_).run();
    covered_ = std::exchange(filling_to_, 0);
    portion_.clear();
    return true;
}

void build_subjects(const Connection& connection) {
    SubjectIndex index(connection);
    index.load();
    Statement events(connection,
                     "SELECT position, aggregate_id, execution_id FROM events "
                     "WHERE position > ?1 ORDER BY position LIMIT ?2");
    for (;;) {
        events.with(index.covered(), static_cast<std::int64_t>(upgrade_portion));
        while (events.step()) {
            index.add(events.integer(0), events, 1, 2);
        }
        if (!index.behind()) {
            return;
        }
        index.begin_filling();
        index.fill(2 * upgrade_portion, {});
    }
}

}  // namespace quipu::sqlite
