// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/failure.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace quipu::sqlite {
namespace {

constexpr int primary(int code) {
    return code & 0xff;
}

bool shows_system_error(int code) {
    return primary(code) == SQLITE_IOERR || primary(code) == SQLITE_CANTOPEN ||
           primary(code) == SQLITE_FULL;
}

std::string describe(sqlite3* db, int code, const char* doing) {
    std::string text = doing;
    text += ": ";
    text += db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
    text += " (SQLite code " + std::to_string(code);
    if (const int number = db != nullptr ? sqlite3_system_errno(db) : 0;
        number != 0 && shows_system_error(code)) {
        text += "; " + std::system_category().message(number);
    }
    return text += ")";
}

}  // namespace

Failure::Failure(int code, int system_error, std::string message)
    : code_(code), system_error_(system_error), message_(std::move(message)) {}

Failure::Failure(sqlite3* db, int code, const char* doing)
    : code_(code),
      system_error_(db != nullptr && shows_system_error(code) ? sqlite3_system_errno(db) : 0),
      message_(describe(db, code, doing)) {}

bool Failure::out_of_space() const noexcept {
    if (primary(code_) == SQLITE_FULL) {
        return true;
    }
    return primary(code_) == SQLITE_IOERR && code_ != SQLITE_IOERR_FSYNC &&
           code_ != SQLITE_IOERR_DIR_FSYNC && (system_error_ == ENOSPC || system_error_ == EDQUOT);
}

bool Failure::disk_failed() const noexcept {
    const int kind = primary(code_);
    if (kind == SQLITE_IOERR) {
        return !out_of_space() && code_ != SQLITE_IOERR_NOMEM;
    }
    return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_READONLY;
}

Error Failure::error() const {
    switch (primary(code_)) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorCode::corrupt,
                    message_ + ": the file is damaged; restore it from a backup"};
        case SQLITE_INTERRUPT:
            return {ErrorCode::limit,
                    "the search took longer than allowed; narrow it by type, "
                    "aggregate, an indexed field or time"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_NOMEM:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY: return {ErrorCode::unavailable, message_};
        case SQLITE_TOOBIG: return {ErrorCode::limit, message_};
        default: return {ErrorCode::internal, message_};
    }
}

}  // namespace quipu::sqlite
