#include "quipu/store/sqlite_events.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "quipu/store/sqlite_rows.hpp"

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

/// What a transaction's own earlier appends will have changed when a later one is its turn.
struct Pending {
    std::unordered_map<std::string_view, const PreparedAppend*> ids;
    std::unordered_map<std::string_view, std::int64_t> sequences;
};

}  // namespace

EventTable::EventTable(const Connection& connection)
    : connection_(connection),
      types_(connection),
      heads_(connection),
      insert_(connection, "INSERT INTO events(" QUIPU_RECORD_COLUMNS
                          ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13) "
                          "ON CONFLICT(event_id) DO NOTHING"),
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
    if (appends.size() == 1 && !appends.front().expected_sequence && !any_archived_) {
        return known;
    }
    Pending pending;
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
        const auto [twin, first] = pending.ids.try_emplace(record.event_id, &append);
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
        auto& sequence = pending.sequences.try_emplace(record.aggregate_id, -1).first->second;
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

Result<Appended> EventTable::append(const PreparedAppend& append, Time stored_at) {
    Record& record = *append.record;
    record.position = last_ + 1;
    record.sequence = record.aggregate_id.empty() ? 0 : heads_.last(record.aggregate_id) + 1;
    record.stored_at = stored_at;
    insert_.reset();
    write_record(insert_, record, types_.number(record.event_type), append.execution_id,
                 append.headers, append.payload);
    insert_.run();
    if (sqlite3_changes(connection_.get()) == 0) {
        auto before = stored_before(append);
        if (!before) {
            return std::unexpected(std::move(before.error()));
        }
        return before->value_or(Appended{});
    }
    last_ = record.position;
    if (!record.aggregate_id.empty()) {
        heads_.set(record.aggregate_id, record.sequence);
    }
    return Appended{.position = record.position, .sequence = record.sequence, .duplicate = false};
}

void EventTable::remove(const Record& record) {
    heads_.keep(record.aggregate_id, record.sequence);
    removed_.add(record.position, record.position);
}

void EventTable::flush() {
    for (const std::int64_t first : removed_.take_changes()) {
        const auto range = removed_.ranges().find(first);
        if (range == removed_.ranges().end()) {
            drop_removed_.with(first).run();
        } else {
            put_removed_.with(first, range->second).run();
        }
    }
}

}  // namespace quipu::sqlite
