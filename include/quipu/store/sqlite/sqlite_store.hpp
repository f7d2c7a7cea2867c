// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

#include "quipu/store/store.hpp"

namespace quipu {

struct SqliteOptions {
    std::filesystem::path path = {};
    /// Opens for reading only, beside a program that writes: takes no lock, and every write fails.
    bool read_only = false;
    /// `full`: an acknowledged commit survives a power cut. `process_crash_only`: it survives the
    /// death of the process, but a power cut may take the last commits.
    enum class Durability { full, process_crash_only } durability = Durability::full;
    std::size_t max_batch_records = 1024;            ///< of one shared commit
    std::size_t max_batch_bytes = 1024 * 1024;       ///< of one shared commit
    std::size_t max_queue_bytes = 64 * 1024 * 1024;  ///< waiting; beyond it `submit` blocks
    std::size_t cache_records = 16 * 1024;           ///< newest records kept in memory for groups
    std::size_t cache_bytes = 64 * 1024 * 1024;
    std::size_t wal_bytes = 64 * 1024 * 1024;  ///< checkpoint at this size
    /// The index of aggregates and executions is written when nothing else waits, and at latest
    /// when it lacks so many events. Queries by them scan what it lacks.
    std::size_t index_portion = 32 * 1024;
    std::size_t readers = 4;  ///< most read-only connections; a reader waits for a free one
    /// Most time one `query` may search; beyond it it fails with ErrorCode::limit.
    std::chrono::milliseconds query_time{5000};
    std::function<Time()> clock = {};  ///< for stored_at; the wall clock when empty
};

/// Opens or creates the file (mode 0600). One process writes at a time: a second one is refused
/// with ErrorCode::busy and the process id of the first. The right to write is an flock(2) on
/// `<path>.lock`, a file that stays behind and means nothing when nobody holds it.
/// Other errors: not_found (read_only and no such file), invalid (another program's file, or a
/// newer version's), corrupt, unavailable (no permission, no space, the path cannot be opened).
///
/// Destroying the store stores what was queued before, runs its callbacks, and closes the file.
/// No other thread may be inside a function of the store by then.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options);

}  // namespace quipu
