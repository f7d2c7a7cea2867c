// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <system_error>

#include "quipu/store/sqlite/rows.hpp"
#include "quipu/store/sqlite/store_impl.hpp"

namespace quipu::sqlite {
namespace {

constexpr std::size_t most_bytes_per_read = std::size_t{8} << 20;
/// How often a reader beside another program looks for new records.
constexpr std::chrono::milliseconds look_again{20};

Result<std::optional<Record>> one(Statement& row, TypeTable& types) {
    if (!row.step()) {
        return std::nullopt;
    }
    auto record = read_record(row, types);
    if (!record) {
        return std::unexpected(damaged_row(row.integer(0)));
    }
    return record;
}

}  // namespace

Result<std::vector<RecordPtr>> SqliteStore::read(std::int64_t position, std::size_t limit) {
    if (limit == 0) {
        return std::vector<RecordPtr>{};
    }
    if (writer_) {
        if (auto records = cache_.read(position, limit)) {
            return *std::move(records);
        }
    }
    return reading([&](Reader& reader) { return read_file(reader, position, limit); });
}

Result<std::vector<RecordPtr>> SqliteStore::read_file(Reader& reader, std::int64_t position,
                                                      std::size_t limit) {
    Statement& rows = reader.statement("SELECT " QUIPU_RECORD_COLUMNS
                                       " FROM events WHERE position > ?1 ORDER BY position");
    const Reset reset(rows);
    rows.with(position);
    std::vector<RecordPtr> records;
    std::size_t bytes = 0;
    while (records.size() < limit && bytes < most_bytes_per_read && rows.step()) {
        auto record = read_record(rows, reader.types());
        if (!record) {
            if (records.empty()) {
                return std::unexpected(damaged_row(rows.integer(0)));
            }
            break;  // the sound ones first; the next read meets the damage
        }
        bytes += record->body.size();
        records.push_back(std::make_shared<const Record>(*std::move(record)));
    }
    return records;
}

std::int64_t SqliteStore::stored_last_position() {
    return reading([](Reader& reader) -> Result<std::int64_t> {
               Statement& last = reader.statement(
                   "SELECT max(coalesce((SELECT max(position) FROM events), 0), "
                   "coalesce((SELECT last FROM removed ORDER BY first DESC LIMIT 1), 0))");
               const Reset reset(last);
               return last.with().step() ? last.integer(0) : 0;
           })
        .value_or(watch_.last());
}

std::int64_t SqliteStore::last_position() {
    return writer_ ? watch_.last() : stored_last_position();
}

std::int64_t SqliteStore::wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) {
    if (writer_) {
        return watch_.wait_beyond(position, timeout);
    }
    const auto end = std::chrono::steady_clock::now() + timeout;
    const std::uint64_t wakes = watch_.wakes();
    for (;;) {
        watch_.set(stored_last_position());
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (watch_.last() > position || left.count() <= 0 || watch_.wakes() != wakes) {
            return watch_.last();
        }
        watch_.wait_beyond(position, std::min(left, look_again));
    }
}

Result<std::optional<Record>> SqliteStore::find(std::string_view event_id) {
    return reading([&](Reader& reader) {
        Statement& row =
            reader.statement("SELECT " QUIPU_RECORD_COLUMNS " FROM events WHERE event_id = ?1");
        const Reset reset(row);
        return one(row.with(Id{event_id}), reader.types());
    });
}

Result<std::optional<Record>> SqliteStore::at(std::int64_t position) {
    return reading([&](Reader& reader) {
        Statement& row =
            reader.statement("SELECT " QUIPU_RECORD_COLUMNS " FROM events WHERE position = ?1");
        const Reset reset(row);
        return one(row.with(position), reader.types());
    });
}

Result<std::int64_t> SqliteStore::count_beyond(std::int64_t position,
                                               const std::vector<std::string>& types) {
    return reading([&](Reader& reader) -> Result<std::int64_t> {
        std::int64_t total = 0;
        if (types.empty()) {
            Statement& row = reader.statement(
                "SELECT (SELECT coalesce(max(position), 0) FROM events), "
                "(SELECT coalesce(sum(last - max(first, ?1 + 1) + 1), 0) FROM removed "
                "WHERE last > ?1 AND first < (SELECT coalesce(max(position), 0) FROM events))");
            const Reset reset(row);
            row.with(position).step();
            return std::max<std::int64_t>(
                0, row.integer(0) - std::max<std::int64_t>(position, 0) - row.integer(1));
        }
        Statement& row = reader.statement(
            "SELECT count(*) FROM events INDEXED BY events_by_type "
            "WHERE type_id = ?1 AND position > ?2");
        for (const auto& type : types) {
            if (const auto id = reader.types().find(type)) {
                const Reset reset(row);
                row.with(*id, position).step();
                total += row.integer(0);
            }
        }
        return total;
    });
}

Result<StoreHealth> SqliteStore::health() {
    return reading([&](Reader& reader) -> Result<StoreHealth> {
        StoreHealth health;
        health.engine = "sqlite " + reader.connection().text("SELECT sqlite_version()");
        health.location = options_.path.string();
        health.last_position = last_position();
        std::error_code error;
        const auto size = [&](const std::string& path) {
            const auto bytes = std::filesystem::file_size(path, error);
            return error ? std::int64_t{0} : static_cast<std::int64_t>(bytes);
        };
        const std::int64_t wal = size(health.location + "-wal");
        health.bytes = size(health.location) + wal;
        if (writer_) {
            health.durability = options_.durability == SqliteOptions::Durability::full
                                    ? "full"
                                    : "process_crash_only";
            health.events = writer_->events();
            health.wal_bytes = writer_->wal_bytes();
            health.problem = writer_->problem();
            health.writable = health.problem.empty();
        } else {
            health.durability = "set by the program that writes";
            health.events = health.last_position - reader.connection().integer(
                                                       "SELECT sum(last - first + 1) FROM removed");
            health.wal_bytes = wal;
            health.problem = "opened for reading only";
            health.writable = false;
        }
        return health;
    });
}

}  // namespace quipu::sqlite
