// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "quipu/store/sqlite/lock.hpp"
#include "quipu/store/sqlite/readers.hpp"
#include "quipu/store/sqlite/schema.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "quipu/store/sqlite/store.hpp"

namespace quipu::sqlite {
namespace {

Error cannot_open(const std::filesystem::path& path, const std::string& reason) {
    return {ErrorCode::unavailable, "cannot open the store " + path.string() + ": " + reason};
}

/// Makes the file with mode 0600 before the engine would make it with another. Never opens a file
/// that exists: closing it again would release the locks the engine holds on it in this process.
Result<void> create_private(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::is_regular_file(status)) {
        return {};
    }
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return std::unexpected(cannot_open(path, std::system_category().message(errno)));
    }
    ::close(file);
    return {};
}

Result<std::unique_ptr<Store>> open_to_write(SqliteOptions options) {
    auto lock = WriterLock::take(options.path);
    if (!lock) {
        return std::unexpected(std::move(lock.error()));
    }
    if (auto created = create_private(options.path); !created) {
        return std::unexpected(std::move(created.error()));
    }
    auto store = std::make_unique<SqliteStore>(std::move(options), *std::move(lock), false);
    if (auto started = store->start(); !started) {
        return std::unexpected(std::move(started.error()));
    }
    if (auto introduced = store->introduce(); !introduced) {
        return std::unexpected(std::move(introduced.error()));
    }
    return store;
}

/// Without a running program and without the right to write in the directory, the engine cannot
/// make the help files of its write-ahead log. Then the file is read as one that nobody changes.
Result<bool> needs_immutable(const std::string& path) {
    try {
        const Connection connection(path, SQLITE_OPEN_READONLY);
        auto ours = check_schema(connection, path, false);
        return ours ? Result<bool>(false) : std::unexpected(std::move(ours.error()));
    } catch (const Failure& failure) {
        std::error_code error;
        if ((failure.code() & 0xFF) != SQLITE_CANTOPEN ||
            std::filesystem::exists(path + "-wal", error)) {
            throw;
        }
    }
    const Connection connection(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    auto ours = check_schema(connection, path, false);
    return ours ? Result<bool>(true) : std::unexpected(std::move(ours.error()));
}

Result<std::unique_ptr<Store>> open_to_read(SqliteOptions options) {
    auto immutable = needs_immutable(options.path.string());
    if (!immutable) {
        return std::unexpected(std::move(immutable.error()));
    }
    auto store = std::make_unique<SqliteStore>(std::move(options), nullptr, *immutable);
    if (auto introduced = store->introduce(); !introduced) {
        return std::unexpected(std::move(introduced.error()));
    }
    return store;
}

}  // namespace
}  // namespace quipu::sqlite

namespace quipu {

Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options) {
    if (options.path.empty()) {
        return fail(ErrorCode::invalid, "the path of the store is empty");
    }
    try {
        std::error_code error;
        // One name per file: the lock stands beside it, whatever link led here.
        options.path = std::filesystem::weakly_canonical(options.path, error);
        if (error) {
            return std::unexpected(sqlite::cannot_open(options.path, error.message()));
        }
        // Opening a FIFO waits for whoever writes into it, and a device may do anything.
        const auto status = std::filesystem::status(options.path, error);
        if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
            return std::unexpected(sqlite::cannot_open(options.path, "it is not a regular file"));
        }
        if (!options.read_only) {
            return sqlite::open_to_write(std::move(options));
        }
        if (!std::filesystem::exists(options.path, error)) {
            return fail(ErrorCode::not_found, "there is no store at " + options.path.string() +
                                                  "; a program that writes makes it");
        }
        return sqlite::open_to_read(std::move(options));
    } catch (const sqlite::Failure& failure) {
        Error error = failure.error();
        error.message = "cannot open the store " + options.path.string() + ": " + error.message;
        return std::unexpected(std::move(error));
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::unavailable, "there is not enough memory to open the store");
    }
}

}  // namespace quipu
