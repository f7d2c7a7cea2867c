// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/query.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "quipu/store/engine/query_cursor.hpp"
#include "quipu/store/sqlite/query_plan.hpp"
#include "quipu/store/sqlite/readers.hpp"
#include "quipu/store/sqlite/rows.hpp"

namespace quipu::sqlite {
namespace {

void advance(Cursor& cursor, const Statement& row) {
    const std::int64_t position = row.integer(0);
    const std::int64_t sequence = row.integer(5);
    switch (cursor.walk) {
        case Walk::log: cursor.first = position; break;
        case Walk::time:
            cursor.first = row.integer(timestamp_column);
            cursor.second = position;
            break;
        case Walk::aggregate:
            cursor.first = sequence;
            cursor.second = position;
            break;
    }
}

EventPage collect(Statement& rows, TypeTable& types, Cursor cursor, std::size_t limit) {
    EventPage page;
    std::size_t seen = 0;
    std::size_t bytes = 0;
    while (rows.step()) {
        if (seen == limit || bytes > most_page_bytes) {
            page.next_cursor = to_text(cursor);
            break;
        }
        ++seen;
        advance(cursor, rows);
        if (auto record = read_record(rows, types)) {
            bytes += record->body.size();
            page.records.push_back(*std::move(record));
        } else {
            page.damaged.push_back(rows.integer(0));
        }
    }
    return page;
}

}  // namespace

Result<EventPage> run_query(Reader& reader, const EventQuery& query) {
    if (auto sound = check_query(query); !sound) {
        return std::unexpected(std::move(sound.error()));
    }
    auto cursor = where_to_begin(query);
    if (!cursor) {
        return std::unexpected(std::move(cursor.error()));
    }
    std::vector<std::int64_t> types;
    for (const auto& name : query.event_types) {
        if (const auto id = reader.types().find(name)) {
            types.push_back(*id);
        }
    }
    std::ranges::sort(types);
    types.erase(std::ranges::unique(types).begin(), types.end());
    if (types.empty() && !query.event_types.empty()) {
        return EventPage{};  // no event of these types was ever stored
    }
    // A field's index may be dropped, and its number given away, by the program that writes.
    const Snapshot snapshot(reader);
    const auto fields =
        query.where.empty() ? std::vector<FieldState>{} : read_field_states(reader.connection());
    QueryPlan plan = plan_query(query, *cursor, types, fields);
    Statement& rows = reader.statement(plan.sql.text());
    const Reset reset(rows);
    plan.sql.bind(rows.with());
    EventPage page = collect(rows, reader.types(), *cursor, query.limit);
    page.scan_reason = std::move(plan.scan_reason);
    return page;
}

}  // namespace quipu::sqlite
