// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/handle.hpp"

#include <sqlite3.h>

#include <mutex>

namespace quipu::sqlite {
namespace {

void harden(sqlite3* db) {
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
}

}  // namespace

void Connection::Close::operator()(sqlite3* db) const noexcept {
    sqlite3_close_v2(db);
}

Connection::Connection(const std::string& path, int flags) {
    // Counting every allocation under one lock costs more than the allocations. A program that
    // set the engine up before keeps its own choice.
    static std::once_flag configured;
    std::call_once(configured, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
    sqlite3* db = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    db_.reset(db);
    if (code != SQLITE_OK) {
        throw Failure(db, db != nullptr ? sqlite3_extended_errcode(db) : code,
                      ("cannot open " + path).c_str());
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 5000);
    harden(db);
    // Memory-mapped reads turn a fault of another writer into damage; checkpoints are the writer's
    // alone, so no connection may start one by itself.
    exec(
        "PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA wal_autocheckpoint=0;"
        "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;");
}

void Connection::exec(const char* sql) const {
    const int code = sqlite3_exec(get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        throw Failure(get(), sqlite3_extended_errcode(get()), sql);
    }
}

std::int64_t Connection::integer(const char* sql) const {
    Statement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Connection::text(const char* sql) const {
    Statement statement(*this, sql);
    return statement.step() ? statement.text(0) : std::string();
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

Statement::Statement(const Connection& connection, std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(connection.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
    if (code != SQLITE_OK) {
        throw Failure(connection.get(), sqlite3_extended_errcode(connection.get()),
                      "cannot prepare a statement");
    }
}

void Statement::check(int code, const char* doing) const {
    if (code != SQLITE_OK) {
        throw Failure(sqlite3_db_handle(statement_.get()), code, doing);
    }
}

void Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(statement_.get(), index, value), "cannot bind a number");
}

void Statement::bind(int index, std::optional<std::int64_t> value) {
    value ? bind(index, *value) : bind(index, nullptr);
}

void Statement::bind(int index, std::nullptr_t) {
    check(sqlite3_bind_null(statement_.get(), index), "cannot bind NULL");
}

void Statement::bind(int index, Text value) {
    // A null pointer would bind NULL where an empty text is meant.
    const char* data = value.value.data() != nullptr ? value.value.data() : "";
    check(sqlite3_bind_text64(statement_.get(), index, data, value.value.size(), SQLITE_STATIC,
                              SQLITE_UTF8),
          "cannot bind text");
}

void Statement::bind(int index, Blob value) {
    const char* data = value.value.data() != nullptr ? value.value.data() : "";
    check(sqlite3_bind_blob64(statement_.get(), index, data, value.value.size(), SQLITE_STATIC),
          "cannot bind bytes");
}

void Statement::bind(int index, Id value) {
    if (const auto bytes = uuid_bytes(value.value)) {
        check(sqlite3_bind_blob64(statement_.get(), index, bytes->data(), bytes->size(),
                                  SQLITE_TRANSIENT),
              "cannot bind an id");
    } else {
        bind(index, Text{value.value});
    }
}

void Statement::bind(int index, const KnownId& value) {
    if (value.uuid) {
        bind(index, Blob{{value.uuid->data(), value.uuid->size()}});
    } else {
        bind(index, Text{value.text});
    }
}

bool Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) {
        return true;
    }
    if (code == SQLITE_DONE) {
        return false;
    }
    // Made before the reset, which forgets what the connection has to say.
    const Failure failure(sqlite3_db_handle(statement_.get()), code, "the store's file");
    reset();
    throw Failure(failure);
}

void Statement::run() {
    while (step()) {
    }
    reset();
}

void Statement::reset() noexcept {
    if (statement_) {
        sqlite3_reset(statement_.get());
    }
}

bool Statement::null(int column) const noexcept {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

bool Statement::integral(int column) const noexcept {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}

std::int64_t Statement::integer(int column) const noexcept {
    return sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const noexcept {
    return null(column) ? std::nullopt : std::optional(integer(column));
}

std::string_view Statement::bytes(int column) const noexcept {
    // The blob accessor leaves text as it is stored and works for both.
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr
               ? std::string_view{}
               : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::string Statement::id(int column) const {
    const std::string_view value = bytes(column);
    if (sqlite3_column_type(statement_.get(), column) == SQLITE_BLOB) {
        return uuid_text(value);
    }
    return std::string(value);
}

}  // namespace quipu::sqlite
