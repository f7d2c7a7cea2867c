// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/removal.hpp"

#include <algorithm>

#include "quipu/store/engine/prepare.hpp"

namespace quipu::sqlite {
namespace {

// A purge shares the writer with publishers, so one step stays short.
constexpr std::size_t most_removed = 500;
constexpr std::size_t most_examined = 20'000;

}  // namespace

Removal::Removal(const Connection& connection, EventTable& events, GroupTable& groups,
                 ParkedTable& parked)
    : events_(events),
      groups_(groups),
      parked_(parked),
      expired_(connection,
               "SELECT expires_at, position, aggregate_id, sequence, "
               "EXISTS(SELECT 1 FROM parked p WHERE p.position = e.position) OR "
               "EXISTS(SELECT 1 FROM dead_letters d INDEXED BY dead_letters_open "
               "WHERE d.position = e.position AND d.status = 0) "
               "FROM events e INDEXED BY events_by_expiry "
               "WHERE expires_at IS NOT NULL AND (expires_at, position) > (?1, ?2) "
               "AND expires_at <= ?3 AND position <= ?4 ORDER BY expires_at, position LIMIT ?5"),
      find_(connection, "SELECT position, aggregate_id, sequence FROM events WHERE event_id = ?1"),
      archived_(connection, "SELECT 1 FROM events_archive WHERE event_id = ?1"),
      copy_(connection, "INSERT INTO events_archive(" QUIPU_RECORD_COLUMNS
                        ",deleted_at,deleted_by,reason) SELECT " QUIPU_RECORD_COLUMNS
                        ", ?2, ?3, ?4 FROM events WHERE position = ?1"),
      delete_(connection, "DELETE FROM events WHERE position = ?1") {}

void Removal::remove(const Record& record) {
    events_.remove(record);
    delete_.with(record.position).run();
}

PurgeStep Removal::purge(const PurgeFrom& from, Time now, std::size_t limit) {
    events_.write_pending();
    limit = std::min(limit, most_removed);
    PurgeStep step;
    step.next = from;
    std::vector<Record> chosen;
    std::size_t examined = 0;
    {
        const Reset reset(expired_);
        expired_.with(from.expires_at, from.position, to_micros(now),
                      groups_.highest_finished_by_all(events_.last_position()),
                      static_cast<std::int64_t>(most_examined));
        while (chosen.size() < limit && expired_.step()) {
            ++examined;
            step.next = {expired_.integer(0), expired_.integer(1)};
            const bool kept = expired_.integer(4) != 0;
            if (!kept && groups_.finished_by_all(step.next.position)) {
                Record& record = chosen.emplace_back();
                record.position = step.next.position;
                record.aggregate_id = expired_.id(2);
                record.sequence = expired_.integer(3);
            }
        }
    }
    for (const Record& record : chosen) {
        remove(record);
        step.removed.push_back(record.position);
    }
    step.more = chosen.size() == limit || examined == most_examined;
    return step;
}

Result<std::int64_t> Removal::archive(std::string_view event_id, Time now,
                                      const std::string& deleted_by, const std::string& reason) {
    events_.write_pending();
    Record record;
    {
        const Reset reset(find_);
        if (!find_.with(Id{event_id}).step()) {
            const Reset other(archived_);
            if (archived_.with(Id{event_id}).step()) {
                return fail(ErrorCode::conflict,
                            event_name(std::string(event_id)) + " is in the archive already");
            }
            return fail(ErrorCode::not_found,
                        "there is no " + event_name(std::string(event_id)) + " in the log");
        }
        record.position = find_.integer(0);
        record.aggregate_id = find_.id(1);
        record.sequence = find_.integer(2);
    }
    copy_.with(record.position, to_micros(now), Text{deleted_by}, Text{reason}).run();
    remove(record);
    groups_.finish_for_all(record.position);
    parked_.drop_position(record.position);
    events_.archive_grew();
    return record.position;
}

bool Removal::in_log(const Record& record) {
    events_.write_pending();
    const Reset reset(find_);
    return find_.with(Id{record.event_id}).step() && find_.integer(0) == record.position;
}

}  // namespace quipu::sqlite
