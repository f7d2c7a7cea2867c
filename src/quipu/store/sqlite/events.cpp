// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/events.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "quipu/store/sqlite/rows.hpp"

namespace quipu::sqlite {
namespace {

Error other_content(const PreparedAppend& append) {
    return {ErrorCode::conflict,
            event_name(append.record->event_id) +
                " is stored already with another type or body; an event_id names one event: "
                "publish the new one under a new id"};
}

Error other_sequence(const PreparedAppend& append, std::int64_t last) {
    return {ErrorCode::conflict,
            event_name(append.record->event_id) + " expects its aggregate at sequence " +
                std::to_string(append.expected_sequence.value_or(0)) + ", it is at " +
                std::to_string(last) + "; read the aggregate again and decide anew"};
}

/// Rows of the index that a commit writes at least, while a portion is being written.
constexpr std::size_t least_index_rows = 16;
constexpr std::size_t many_rows = 32;
constexpr std::size_t few_rows = 8;

std::string insert_rows(std::size_t rows) {
    std::string sql = "INSERT INTO events(" QUIPU_RECORD_COLUMNS ") VALUES";
    for (std::size_t row = 0; row < rows; ++row) {
        sql += row == 0 ? "(?" : ",(?";
        for (int column = 1; column < record_columns; ++column) {
            sql += ",?";
        }
        sql += ')';
    }
    return sql;
}

/// What a transaction's own earlier appends will have changed when a later one is its turn.
struct Preview {
    std::unordered_map<std::string_view, const PreparedAppend*> ids;
    std::unordered_map<std::string_view, std::int64_t> sequences;
};

}  // namespace

EventTable::EventTable(const Connection& connection, const FieldNumbers& numbers,
                       std::size_t index_portion)
    : connection_(connection),
      types_(connection),
      heads_(connection),
      numbers_(numbers),
      index_(connection, numbers),
      index_portion_(index_portion),
      insert_if_absent_(connection, "INSERT INTO events(" QUIPU_RECORD_COLUMNS
                                    ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12) "
                                    "ON CONFLICT(event_id) DO NOTHING"),
      insert_many_(connection, insert_rows(many_rows)),
      insert_few_(connection, insert_rows(few_rows)),
      insert_one_(connection, insert_rows(1)),
      by_id_(connection,
             "SELECT position, sequence, type_id, body FROM events WHERE event_id = ?1"),
      archived_by_id_(
          connection,
          "SELECT position, sequence, type_id, body FROM events_archive WHERE event_id = ?1"),
      put_removed_(connection,
                   "INSERT INTO removed VALUES(?1, ?2) ON CONFLICT(first) DO UPDATE SET last = "
                   "excluded.last"),
      drop_removed_(connection, "DELETE FROM removed WHERE first = ?1") {}

void EventTable::load() {
    pending_.clear();
    types_.clear();
    heads_.clear();
    removed_ = {};
    Statement rows(connection_, "SELECT first, last FROM removed");
    while (rows.step()) {
        removed_.add(rows.integer(0), rows.integer(1));
    }
    static_cast<void>(removed_.take_changes());
    last_ = std::max(connection_.integer("SELECT max(position) FROM events"), removed_.highest());
    any_archived_ = connection_.integer("SELECT EXISTS(SELECT 1 FROM events_archive)") != 0;
    load_recent_ids();
    load_index();
}

void EventTable::load_index() {
    unflushed_ = 0;
    index_.load();
    Statement rows(connection_, "SELECT position, sequence, " QUIPU_INDEX_SOURCE
                                " FROM events WHERE position > ?1 ORDER BY position");
    rows.with(index_.covered());
    while (rows.step()) {
        const auto [aggregate, values] = read_index_source(rows, 2, numbers_.fields());
        index_.add(rows.integer(0), aggregate, values);
        if (!aggregate.empty()) {
            heads_.load(aggregate, rows.integer(1));
        }
    }
}

void EventTable::load_recent_ids() {
    UuidBytes floor{};
    recent_ids_.give_up();
    for (const char* sql :
         {"SELECT event_id FROM events WHERE event_id >= x'' AND event_id < x'02' "
          "ORDER BY event_id DESC LIMIT 1000",
          "SELECT event_id FROM events_archive WHERE event_id >= x'' AND event_id < x'02' "
          "ORDER BY event_id DESC LIMIT 1000"}) {
        Statement rows(connection_, sql);
        int others = 0;
        while (rows.step()) {
            UuidBytes id{};
            const std::string_view bytes = rows.bytes(0);
            if (bytes.size() == id.size()) {
                bytes.copy(id.data(), id.size());
                if (RecentIds::eligible(id)) {
                    floor = std::max(floor, id, [](const UuidBytes& a, const UuidBytes& b) {
                        return std::memcmp(a.data(), b.data(), a.size()) < 0;
                    });
                    break;
                }
            }
            if (++others == 1000) {
                return;  // too many of other kinds to find the newest: the file answers
            }
        }
    }
    recent_ids_.begin(floor);
}

Result<Appended> EventTable::compare(const PreparedAppend& append, Statement& row,
                                     TypeTable& types) {
    const Record& record = *append.record;
    if (types.name(row.integer(2)) != record.event_type || row.bytes(3) != record.body) {
        return std::unexpected(other_content(append));
    }
    return Appended{.position = row.integer(0), .sequence = row.integer(1), .duplicate = true};
}

Result<std::optional<Appended>> EventTable::stored_before(const PreparedAppend& append) {
    if (recent_ids_.certainly_new(append.image.event_id)) {
        return std::nullopt;
    }
    write_pending();
    for (Statement* statement : {&by_id_, &archived_by_id_}) {
        if (statement == &archived_by_id_ && !any_archived_) {
            break;
        }
        const Reset reset(*statement);
        if (statement->with(Id{append.record->event_id}).step()) {
            return compare(append, *statement, types_);
        }
    }
    return std::nullopt;
}

Result<std::vector<std::optional<Appended>>> EventTable::check(
    const std::vector<PreparedAppend>& appends) {
    std::vector<std::optional<Appended>> known(appends.size());
    if (appends.size() == 1 && !appends.front().expected_sequence &&
        (!any_archived_ || recent_ids_.certainly_new(appends.front().image.event_id))) {
        return known;
    }
    Preview preview;
    for (std::size_t i = 0; i < appends.size(); ++i) {
        const PreparedAppend& append = appends[i];
        const Record& record = *append.record;
        auto before = stored_before(append);
        if (!before) {
            return std::unexpected(std::move(before.error()));
        }
        known[i] = *before;
        if (known[i]) {
            continue;
        }
        const auto [twin, first] = preview.ids.try_emplace(record.event_id, &append);
        if (!first) {
            const Record& earlier = *twin->second->record;
            if (earlier.event_type != record.event_type || earlier.body != record.body) {
                return std::unexpected(other_content(append));
            }
            continue;
        }
        if (record.aggregate_id.empty()) {
            continue;
        }
        auto& sequence = preview.sequences.try_emplace(record.aggregate_id, -1).first->second;
        if (sequence < 0) {
            sequence = heads_.last(record.aggregate_id);
        }
        if (append.expected_sequence && *append.expected_sequence != sequence) {
            return std::unexpected(other_sequence(append, sequence));
        }
        ++sequence;
    }
    return known;
}

Result<Appended> EventTable::insert_if_absent(const PreparedAppend& append) {
    const Record& record = *append.record;
    write_pending();
    insert_if_absent_.reset();
    write_record(insert_if_absent_, record, append.image, types_.number(record.event_type));
    insert_if_absent_.run();
    if (sqlite3_changes(connection_.get()) != 0) {
        return Appended{.position = record.position, .sequence = record.sequence};
    }
    auto before = stored_before(append);
    if (!before) {
        return std::unexpected(std::move(before.error()));
    }
    return before->value_or(Appended{});
}

Result<Appended> EventTable::append(const PreparedAppend& append, Time stored_at) {
    Record& record = *append.record;
    record.position = last_ + 1;
    record.sequence = record.aggregate_id.empty() ? 0 : heads_.last(record.aggregate_id) + 1;
    record.stored_at = stored_at;
    if (recent_ids_.certainly_new(append.image.event_id)) {
        pending_.push_back({.append = &append, .type = types_.number(record.event_type)});
        if (pending_.size() == many_rows) {
            write_pending();
        }
    } else if (auto answer = insert_if_absent(append); !answer || answer->duplicate) {
        return answer;
    }
    recent_ids_.stored(append.image.event_id);
    stored(append);
    return Appended{.position = record.position, .sequence = record.sequence};
}

void EventTable::stored(const PreparedAppend& append) {
    const Record& record = *append.record;
    last_ = record.position;
    if (!record.aggregate_id.empty()) {
        heads_.set(record.aggregate_id, record.sequence);
    }
    index_.add(record.position, record.aggregate_id, append.indexed);
    ++unflushed_;
}

void EventTable::leave_empty_to(std::int64_t last) {
    if (last > last_) {
        removed_.add(last_ + 1, last);
        last_ = last;
    }
}

Result<void> EventTable::restore(const PreparedAppend& append) {
    const Record& record = *append.record;
    if (record.position <= last_) {
        return fail(ErrorCode::invalid, "position " + std::to_string(record.position) +
                                            " is not beyond the end of the log at " +
                                            std::to_string(last_));
    }
    if (!record.aggregate_id.empty() && record.sequence <= heads_.newest(record.aggregate_id)) {
        return fail(ErrorCode::invalid, event_name(record.event_id) + " has sequence " +
                                            std::to_string(record.sequence) +
                                            ", which its aggregate has passed already");
    }
    write_pending();
    insert_if_absent_.reset();
    write_record(insert_if_absent_, record, append.image, types_.number(record.event_type));
    insert_if_absent_.run();
    if (sqlite3_changes(connection_.get()) == 0) {
        return fail(ErrorCode::conflict, event_name(record.event_id) + " is stored already");
    }
    leave_empty_to(record.position - 1);
    stored(append);
    // Ids come in any order here: from now on the file answers.
    recent_ids_.give_up();
    return {};
}

void EventTable::write_rows(Statement& statement, std::span<const Pending> rows) {
    statement.reset();
    int first = 1;
    for (const auto& [append, type] : rows) {
        write_record(statement, *append->record, append->image, type, first);
        first += record_columns;
    }
    statement.run();
}

void EventTable::write_pending() {
    std::span<const Pending> rest(pending_);
    while (!rest.empty()) {
        std::size_t rows = 1;
        Statement* insert = &insert_one_;
        if (rest.size() >= many_rows) {
            rows = many_rows;
            insert = &insert_many_;
        } else if (rest.size() >= few_rows) {
            rows = few_rows;
            insert = &insert_few_;
        }
        write_rows(*insert, rest.first(rows));
        rest = rest.subspan(rows);
    }
    pending_.clear();
}

void EventTable::remove(const Record& record) {
    heads_.keep(record.aggregate_id, record.sequence);
    index_.remove(record.position);
    removed_.add(record.position, record.position);
}

void EventTable::flush() {
    write_pending();
    for (const std::int64_t first : removed_.take_changes()) {
        const auto range = removed_.ranges().find(first);
        if (range == removed_.ranges().end()) {
            drop_removed_.with(first).run();
        } else {
            put_removed_.with(first, range->second).run();
        }
    }
    const std::size_t added = std::exchange(unflushed_, 0);
    if (!index_.filling() && index_.collected() > index_portion_) {
        index_.begin_filling();
        heads_.begin_filling();
    }
    // Twice the rows that came: a portion is done before the next is there.
    fill_index(std::max(least_index_rows, 2 * index_.rows_per_event() * added));
}

void EventTable::fill_index(std::size_t rows) {
    if (index_.filling() && index_.fill(rows, removed_)) {
        heads_.end_filling();
    }
}

void EventTable::complete_index() {
    constexpr auto all = std::numeric_limits<std::size_t>::max();
    fill_index(all);
    if (index_.behind()) {
        index_.begin_filling();
        heads_.begin_filling();
        fill_index(all);
    }
}

}  // namespace quipu::sqlite
