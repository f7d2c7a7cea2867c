// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/schema.hpp"

#include <string>

#include "quipu/event/id.hpp"
#include "quipu/store/sqlite/subjects.hpp"

namespace quipu::sqlite {
namespace {

// Identifiers (columns of type ANY) hold 16 bytes for a canonical UUID and text for others. A NULL
// `key` is the aggregate_id; `execution_id` is filled only where it is not the aggregate_id, and
// holds 1 where it is the UUID at the aggregate_id's end. The index of aggregates and executions is
// the table `subjects`, which covers the log up to meta's `subjects_to`: see sqlite_subjects.hpp.
constexpr const char* tables = R"sql(
CREATE TABLE types(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE events(
    position INTEGER PRIMARY KEY, event_id ANY NOT NULL, type_id INTEGER NOT NULL, key ANY,
    aggregate_id ANY, sequence INTEGER, execution_id ANY, timestamp INTEGER NOT NULL,
    stored_at INTEGER NOT NULL, expires_at INTEGER, checksum INTEGER NOT NULL, headers BLOB,
    body BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX events_by_id ON events(event_id);
CREATE INDEX events_by_type ON events(type_id);
CREATE INDEX events_by_time ON events(timestamp);
CREATE INDEX events_by_expiry ON events(expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE events_archive(
    position INTEGER PRIMARY KEY, event_id ANY NOT NULL UNIQUE, type_id INTEGER NOT NULL, key ANY,
    aggregate_id ANY, sequence INTEGER, execution_id ANY, timestamp INTEGER NOT NULL,
    stored_at INTEGER NOT NULL, expires_at INTEGER, checksum INTEGER NOT NULL, headers BLOB,
    body BLOB NOT NULL, deleted_at INTEGER NOT NULL, deleted_by TEXT NOT NULL,
    reason TEXT NOT NULL) STRICT;

CREATE TABLE removed(first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
CREATE TABLE heads(aggregate_id ANY PRIMARY KEY, sequence INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;

CREATE TABLE group_offsets(group_name TEXT PRIMARY KEY, position INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE TABLE inbox(group_name TEXT, first INTEGER, last INTEGER NOT NULL,
    PRIMARY KEY(group_name, first)) STRICT, WITHOUT ROWID;

CREATE TABLE documents(collection TEXT, key TEXT, revision INTEGER NOT NULL,
    checksum INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(collection, key))
    STRICT, WITHOUT ROWID;

CREATE TABLE parked(group_name TEXT, position INTEGER, key ANY NOT NULL, due_at INTEGER NOT NULL,
    attempts BLOB NOT NULL, source TEXT NOT NULL DEFAULT '',
    PRIMARY KEY(group_name, position)) STRICT, WITHOUT ROWID;
CREATE INDEX parked_by_position ON parked(position);

CREATE TABLE dead_letters(
    position INTEGER NOT NULL, event_id ANY NOT NULL, type_id INTEGER NOT NULL, key ANY,
    aggregate_id ANY, sequence INTEGER, execution_id ANY, timestamp INTEGER NOT NULL,
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

constexpr const char* subjects_table = R"sql(
CREATE TABLE subjects(kind INTEGER, subject ANY, event INTEGER,
    PRIMARY KEY(kind, subject, event)) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('subjects_to', 0);
)sql";

constexpr const char* upgrade_1_to_2 = R"sql(
ALTER TABLE parked ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE TABLE identity(uuid TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* upgrade_2_to_3 =
    "DROP INDEX events_by_aggregate; DROP INDEX events_by_execution;";

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

void upgrade(const Connection& connection, std::int64_t version) {
    if (version < 2) {
        connection.exec(upgrade_1_to_2);
        give_identity(connection);
    }
    connection.exec(upgrade_2_to_3);
    connection.exec(subjects_table);
    build_subjects(connection);
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
        connection.exec(subjects_table);
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
    return {};
}

}  // namespace quipu::sqlite
