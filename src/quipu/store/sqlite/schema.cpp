// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/schema.hpp"

#include <string>
#include <utility>
#include <vector>

#include "quipu/event/id.hpp"
#include "quipu/store/sqlite/field_index.hpp"
#include "quipu/store/sqlite/schema_check.hpp"

namespace quipu::sqlite {
namespace {

// Identifiers (columns of type ANY) hold 16 bytes for a canonical UUID and text for others. A NULL
// `key` is the aggregate_id. The index of aggregates and fields is the table `field_index`, which
// covers the log up to meta's `indexed_to`, for a field of `indexed_fields` as far as its row says:
// see field_index.hpp and field_fill.hpp.
constexpr const char* tables = R"sql(
CREATE TABLE types(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE events(
    position INTEGER PRIMARY KEY, event_id ANY NOT NULL, type_id INTEGER NOT NULL, key ANY,
    aggregate_id ANY, sequence INTEGER, timestamp INTEGER NOT NULL,
    stored_at INTEGER NOT NULL, expires_at INTEGER, checksum INTEGER NOT NULL, headers BLOB,
    body BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX events_by_id ON events(event_id);
CREATE INDEX events_by_type ON events(type_id);
CREATE INDEX events_by_time ON events(timestamp);
CREATE INDEX events_by_expiry ON events(expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE events_archive(
    position INTEGER PRIMARY KEY, event_id ANY NOT NULL UNIQUE, type_id INTEGER NOT NULL, key ANY,
    aggregate_id ANY, sequence INTEGER, timestamp INTEGER NOT NULL,
    stored_at INTEGER NOT NULL, expires_at INTEGER, checksum INTEGER NOT NULL, headers BLOB,
    body BLOB NOT NULL, deleted_at INTEGER NOT NULL, deleted_by TEXT NOT NULL,
    reason TEXT NOT NULL) STRICT;

CREATE TABLE removed(first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE heads(aggregate_id ANY PRIMARY KEY, sequence INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;

CREATE TABLE group_offsets(group_name TEXT PRIMARY KEY, position INTEGER NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE inbox(group_name TEXT, first INTEGER, last INTEGER NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(group_name, first)) STRICT, WITHOUT ROWID;

CREATE TABLE documents(collection TEXT, key TEXT, revision INTEGER NOT NULL,
    checksum INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(collection, key))
    STRICT, WITHOUT ROWID;

CREATE TABLE parked(group_name TEXT, position INTEGER, key ANY NOT NULL, due_at INTEGER NOT NULL,
    attempts BLOB NOT NULL, source TEXT NOT NULL DEFAULT '', letter INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(group_name, position)) STRICT, WITHOUT ROWID;
CREATE INDEX parked_by_position ON parked(position);

CREATE TABLE dead_letters(
    position INTEGER NOT NULL, event_id ANY NOT NULL, type_id INTEGER NOT NULL, key ANY,
    aggregate_id ANY, sequence INTEGER, timestamp INTEGER NOT NULL,
    stored_at INTEGER NOT NULL, expires_at INTEGER, checksum INTEGER NOT NULL, headers BLOB,
    body BLOB NOT NULL, id INTEGER PRIMARY KEY, group_name TEXT NOT NULL, error TEXT NOT NULL,
    attempts BLOB NOT NULL, failed_at INTEGER NOT NULL, status INTEGER NOT NULL,
    note TEXT NOT NULL, source TEXT NOT NULL DEFAULT '') STRICT;
CREATE INDEX dead_letters_by_group ON dead_letters(group_name);
CREATE INDEX dead_letters_by_status ON dead_letters(group_name, status);
CREATE INDEX dead_letters_open ON dead_letters(position) WHERE status = 0;

CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE identity(uuid TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* index_tables = R"sql(
CREATE TABLE field_index(field INTEGER, value ANY, position INTEGER,
    PRIMARY KEY(field, value, position)) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('indexed_to', 0);
)sql";

// Made by versions 4 and later alike. dead_letter_history has a row for each step of a letter's
// story: its number, when, what (DeadLetter::Step::What), by whom and why.
constexpr const char* tables_of_4 = R"sql(
CREATE TABLE indexed_fields(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    filled_to INTEGER NOT NULL, fill_until INTEGER NOT NULL) STRICT;
CREATE TABLE dead_letter_history(letter INTEGER, number INTEGER, at INTEGER NOT NULL,
    action INTEGER NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY(letter, number)) STRICT, WITHOUT ROWID;
CREATE INDEX parked_by_key ON parked(group_name, key, position);
)sql";

constexpr const char* upgrade_1_to_2 = R"sql(
ALTER TABLE parked ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE TABLE identity(uuid TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* upgrade_2_to_3 =
    "DROP INDEX events_by_aggregate; DROP INDEX events_by_execution;";

// No row is rewritten: a large file is upgraded as fast as a small one. The column that no event
// needs any more stays, unused; rows of the index that were for it (number 1) go by and by.
constexpr const char* upgrade_3_to_4 = R"sql(
ALTER TABLE events RENAME COLUMN execution_id TO unused;
ALTER TABLE events_archive RENAME COLUMN execution_id TO unused;
ALTER TABLE dead_letters RENAME COLUMN execution_id TO unused;
ALTER TABLE group_offsets ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inbox ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parked ADD COLUMN letter INTEGER NOT NULL DEFAULT 0;
)sql";
// Before, a requeued letter stayed requeued whatever came of it, and its second failure was a
// letter of its own.
constexpr const char* settle_letters_of_3 = R"sql(
UPDATE dead_letters SET status = 2, note = 'it failed again, as a later dead letter'
    WHERE status = 1 AND EXISTS(SELECT 1 FROM dead_letters d WHERE d.group_name =
    dead_letters.group_name AND d.position = dead_letters.position AND d.id > dead_letters.id);
UPDATE parked SET letter = coalesce((SELECT max(id) FROM dead_letters d WHERE d.group_name =
    parked.group_name AND d.position = parked.position AND d.status = 1), 0);
UPDATE dead_letters SET status = 3 WHERE status = 1 AND NOT EXISTS(SELECT 1 FROM parked p
    WHERE p.group_name = dead_letters.group_name AND p.position = dead_letters.position);
)sql";
constexpr const char* keep_index_of_3 = R"sql(
ALTER TABLE subjects RENAME TO field_index;
ALTER TABLE field_index RENAME COLUMN kind TO field;
ALTER TABLE field_index RENAME COLUMN subject TO value;
ALTER TABLE field_index RENAME COLUMN event TO position;
UPDATE meta SET name = 'indexed_to' WHERE name = 'subjects_to';
)sql";

// For people with an SQLite shell; the program reads the table.
constexpr const char* view = R"sql(
CREATE VIEW event_log AS SELECT e.position,
    CASE typeof(e.event_id) WHEN 'text' THEN e.event_id ELSE lower(hex(e.event_id)) END AS event_id,
    t.name AS event_type,
    CASE typeof(e.aggregate_id) WHEN 'blob' THEN lower(hex(e.aggregate_id)) ELSE e.aggregate_id END
        AS aggregate_id, e.sequence,
    strftime('%Y-%m-%dT%H:%M:%fZ', e.timestamp / 1e6, 'unixepoch') AS timestamp,
    CAST(e.body AS TEXT) AS body
    FROM events e LEFT JOIN types t ON t.id = e.type_id;
)sql";

void give_identity(const Connection& connection) {
    const std::string uuid = new_id();
    Statement(connection, "INSERT INTO identity VALUES(?1)").with(Text{uuid}).run();
}

void add_checksums(const Connection& connection) {
    Statement put_offset(connection,
                         "UPDATE group_offsets SET checksum = ?2 WHERE group_name = ?1");
    Statement offsets(connection, "SELECT group_name, position FROM group_offsets");
    std::vector<std::pair<std::string, std::int64_t>> sums;
    while (offsets.step()) {
        const std::string group = offsets.text(0);
        sums.emplace_back(group, finished_checksum(group, 1, offsets.integer(1)));
    }
    for (const auto& [group, sum] : sums) {
        put_offset.with(Text{group}, sum).run();
    }
    struct Range {
        std::string group;
        std::int64_t first;
        std::int64_t last;
    };
    std::vector<Range> ranges;
    Statement inbox(connection, "SELECT group_name, first, last FROM inbox");
    while (inbox.step()) {
        ranges.push_back({inbox.text(0), inbox.integer(1), inbox.integer(2)});
    }
    Statement put_range(connection,
                        "UPDATE inbox SET checksum = ?3 WHERE group_name = ?1 AND first = ?2");
    for (const auto& [group, first, last] : ranges) {
        put_range.with(Text{group}, first, finished_checksum(group, first, last)).run();
    }
}

void upgrade(const Connection& connection, std::int64_t version) {
    if (version < 2) {
        connection.exec(upgrade_1_to_2);
        give_identity(connection);
    }
    if (version < 3) {
        connection.exec(upgrade_2_to_3);
        connection.exec(index_tables);
        build_aggregate_index(connection);
    } else {
        connection.exec(keep_index_of_3);
    }
    connection.exec(upgrade_3_to_4);
    connection.exec(tables_of_4);
    connection.exec(settle_letters_of_3);
    add_checksums(connection);
}

bool has_tables(const Connection& connection) {
    return connection.integer("SELECT count(*) FROM sqlite_schema") != 0;
}

}  // namespace

void create_schema(const Connection& connection) {
    const bool fresh = !has_tables(connection);
    if (!fresh && connection.integer("PRAGMA user_version") == schema_version) {
        return;
    }
    connection.exec("BEGIN IMMEDIATE");
    if (fresh) {
        connection.exec(tables);
        connection.exec(index_tables);
        connection.exec(tables_of_4);
        connection.exec(view);
        connection.exec(("PRAGMA application_id=" + std::to_string(application_id)).c_str());
        give_identity(connection);
    } else {
        upgrade(connection, connection.integer("PRAGMA user_version"));
    }
    connection.exec(("PRAGMA user_version=" + std::to_string(schema_version)).c_str());
    connection.exec("COMMIT");
}

std::string read_identity(const Connection& connection) {
    Statement row(connection, "SELECT uuid FROM identity");
    return row.step() ? row.text(0) : std::string{};
}

Result<void> check_schema(const Connection& connection, const std::string& path,
                          bool may_be_written) {
    const std::int64_t id = connection.integer("PRAGMA application_id");
    const std::int64_t version = connection.integer("PRAGMA user_version");
    if (id == 0 && version == 0 && may_be_written && !has_tables(connection)) {
        return {};
    }
    if (id != application_id) {
        return fail(ErrorCode::invalid,
                    path +
                        " is not a quipu store (another program's SQLite file, or an empty one); "
                        "choose another path");
    }
    if (version > schema_version) {
        return fail(ErrorCode::invalid, path + " has schema version " + std::to_string(version) +
                                            ", this program knows versions up to " +
                                            std::to_string(schema_version) +
                                            "; use the newer program");
    }
    if (version < 1) {
        return fail(ErrorCode::corrupt, path + " has no valid schema version; restore a backup");
    }
    if (version < schema_version && !may_be_written) {
        return fail(ErrorCode::invalid, path + " has schema version " + std::to_string(version) +
                                            "; start the program on it once, which upgrades it");
    }
    return compare_schema(connection, path, version == schema_version);
}

}  // namespace quipu::sqlite
