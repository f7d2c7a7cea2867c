// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/store.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "quipu/store/sqlite/letters.hpp"
#include "quipu/store/sqlite/query.hpp"
#include "quipu/store/sqlite/rows.hpp"
#include "quipu/store/sqlite/schema.hpp"
#include "quipu/store/sqlite/verify.hpp"

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

std::int64_t row_limit(std::size_t limit) {
    return static_cast<std::int64_t>(
        std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
}

Result<Document> read_document(const Statement& row, std::string_view collection) {
    Document document{.key = row.text(0), .body = row.text(3), .revision = row.integer(1)};
    if (document_checksum(collection, document.key, document.body) != row.integer(2)) {
        return fail(ErrorCode::corrupt, "document " + std::string(collection) + "/" + document.key +
                                            " does not read back as it was written: the file is "
                                            "damaged; restore it from a backup");
    }
    return document;
}

}  // namespace

SqliteStore::SqliteStore(SqliteOptions options, std::unique_ptr<WriterLock> lock, bool immutable)
    : options_(std::move(options)),
      fields_(options_.indexed),
      lock_(std::move(lock)),
      cache_(options_.cache_records, options_.cache_bytes),
      readers_(options_.path.string(), options_.readers, immutable) {}

SqliteStore::~SqliteStore() {
    watch_.wake();
    if (writer_) {
        writer_->stop();
    }
}

Result<void> SqliteStore::start() {
    const std::string path = options_.path.string();
    auto connection = std::make_unique<Connection>(path, SQLITE_OPEN_READWRITE);
    if (auto ours = check_schema(*connection, path, true); !ours) {
        return ours;
    }
    auto session = std::make_unique<WriteSession>(
        std::move(connection), fields_, options_.durability == SqliteOptions::Durability::full,
        options_.index_portion);
    writer_ = std::make_unique<Writer>(std::move(session), options_, cache_, watch_);
    return {};
}

Result<void> SqliteStore::introduce() {
    return reading([this](Reader& reader) -> Result<void> {
        identity_ = read_identity(reader.connection());
        return {};
    });
}

void SqliteStore::submit(Transaction transaction, Done done) {
    if (!writer_) {
        done(std::unexpected(read_only(options_)));
        return;
    }
    auto prepared = prepare(std::move(transaction), fields_);
    if (!prepared) {
        done(std::unexpected(std::move(prepared.error())));
        return;
    }
    writer_->submit(*std::move(prepared), std::move(done));
}

Result<void> SqliteStore::writing(Writer::Task task) {
    if (!writer_) {
        return std::unexpected(read_only(options_));
    }
    return writer_->execute(std::move(task));
}

Error read_only(const SqliteOptions& options) {
    return {ErrorCode::invalid, options.path.string() + " was opened for reading only"};
}

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

Result<EventPage> SqliteStore::query(const EventQuery& query) {
    return reading([&](Reader& reader) {
        reader.limit_time(options_.query_time);
        struct Unlimited {
            Reader& reader;
            ~Unlimited() { reader.unlimited(); }
        } const unlimited{reader};
        return run_query(reader, query);
    });
}

Result<std::optional<Document>> SqliteStore::document(std::string_view collection,
                                                      std::string_view key) {
    return reading([&](Reader& reader) -> Result<std::optional<Document>> {
        Statement& row = reader.statement(
            "SELECT key, revision, checksum, body FROM documents "
            "WHERE collection = ?1 AND key = ?2");
        const Reset reset(row);
        if (!row.with(Text{collection}, Text{key}).step()) {
            return std::nullopt;
        }
        return read_document(row, collection);
    });
}

Result<std::vector<Document>> SqliteStore::documents(std::string_view collection,
                                                     std::string_view prefix,
                                                     std::string_view after, std::size_t limit) {
    return reading([&](Reader& reader) -> Result<std::vector<Document>> {
        Statement& rows = reader.statement(
            "SELECT key, revision, checksum, body FROM documents "
            "WHERE collection = ?1 AND key >= ?2 AND key > ?3 ORDER BY key LIMIT ?4");
        const Reset reset(rows);
        // One bound seeks; that it is the larger of the two is not for the engine to find out.
        rows.with(Text{collection}, Text{std::max(prefix, after)}, Text{after}, row_limit(limit));
        std::vector<Document> found;
        while (rows.step() && rows.bytes(0).starts_with(prefix)) {
            auto document = read_document(rows, collection);
            if (!document) {
                return std::unexpected(std::move(document.error()));
            }
            found.push_back(*std::move(document));
        }
        return found;
    });
}

Result<std::vector<GroupPosition>> SqliteStore::groups() {
    return reading([](Reader& reader) -> Result<std::vector<GroupPosition>> {
        std::vector<GroupPosition> found;
        const Snapshot snapshot(reader);
        const GroupRows rows = read_groups(reader.connection());
        if (!rows.damaged.empty()) {
            return std::unexpected(damaged_group(*rows.damaged.begin()));
        }
        for (const auto& [name, finished] : rows.finished) {
            found.push_back(group_position(name, finished));
        }
        std::ranges::sort(found, {}, &GroupPosition::group);
        return found;
    });
}

Result<std::vector<std::int64_t>> SqliteStore::unfinished(
    const std::string& group, const std::vector<std::int64_t>& positions) {
    return reading([&](Reader& reader) -> Result<std::vector<std::int64_t>> {
        const Snapshot snapshot(reader);
        Statement& offset =
            reader.statement("SELECT position, checksum FROM group_offsets WHERE group_name = ?1");
        Statement& range = reader.statement(
            "SELECT last, first, checksum FROM inbox WHERE group_name = ?1 AND first <= ?2 "
            "ORDER BY first DESC LIMIT 1");
        const Reset reset_offset(offset);
        const Reset reset_range(range);
        if (!offset.with(Text{group}).step()) {
            return fail(ErrorCode::not_found, "group " + group + " is not known to the store");
        }
        const std::int64_t finished = offset.integer(0);
        if (finished_checksum(group, 1, finished) != offset.integer(1)) {
            return std::unexpected(damaged_group(group));
        }
        std::vector<std::int64_t> found;
        for (const std::int64_t position : positions) {
            if (position <= finished) continue;
            range.reset();
            const bool any = range.with(Text{group}, position).step();
            if (any &&
                finished_checksum(group, range.integer(1), range.integer(0)) != range.integer(2)) {
                return std::unexpected(damaged_group(group));
            }
            if (!any || range.integer(0) < position) {
                found.push_back(position);
            }
        }
        return found;
    });
}

namespace {

Result<std::vector<Parked>> read_all_parked(Statement& rows) {
    std::vector<Parked> found;
    while (rows.step()) {
        auto parked = read_parked(rows);
        if (!parked) {
            return std::unexpected(std::move(parked.error()));
        }
        found.push_back(*std::move(parked));
    }
    return found;
}

}  // namespace

Result<std::vector<Parked>> SqliteStore::parked(const std::string& group, std::int64_t after,
                                                std::size_t limit) {
    return reading([&](Reader& reader) -> Result<std::vector<Parked>> {
        Statement& rows = reader.statement("SELECT " QUIPU_PARKED_COLUMNS
                                           " FROM parked WHERE group_name = ?1 AND position > ?2 "
                                           "ORDER BY position LIMIT ?3");
        const Reset reset(rows);
        return read_all_parked(rows.with(Text{group}, after, row_limit(limit)));
    });
}

Result<std::vector<Parked>> SqliteStore::parked_of_key(const std::string& group,
                                                       const std::string& key, std::int64_t after,
                                                       std::size_t limit) {
    return reading([&](Reader& reader) -> Result<std::vector<Parked>> {
        Statement& rows = reader.statement(
            "SELECT " QUIPU_PARKED_COLUMNS
            " FROM parked INDEXED BY parked_by_key WHERE group_name = ?1 AND key = ?2 AND "
            "position > ?3 ORDER BY position LIMIT ?4");
        const Reset reset(rows);
        return read_all_parked(rows.with(Text{group}, Id{key}, after, row_limit(limit)));
    });
}

Result<std::vector<std::int64_t>> SqliteStore::still_parked(
    const std::string& group, const std::vector<std::int64_t>& positions) {
    return reading([&](Reader& reader) -> Result<std::vector<std::int64_t>> {
        Statement& row =
            reader.statement("SELECT 1 FROM parked WHERE group_name = ?1 AND position = ?2");
        std::vector<std::int64_t> found;
        for (const std::int64_t position : std::set(positions.begin(), positions.end())) {
            const Reset reset(row);
            if (row.with(Text{group}, position).step()) {
                found.push_back(position);
            }
        }
        return found;
    });
}

// A file has one writer, whose groups know what they park.
Result<ParkedChanges> SqliteStore::parked_changes(const std::string& /*group*/,
                                                  std::int64_t since) {
    return ParkedChanges{.entries = {}, .next = since, .more = false};
}

Result<std::int64_t> SqliteStore::last_parked_change() {
    return 0;
}

Result<std::vector<DeadLetter>> SqliteStore::dead_letters(const std::string& group,
                                                          std::optional<DeadLetter::Status> status,
                                                          std::int64_t after_id,
                                                          std::size_t limit) {
    std::string sql = "SELECT " QUIPU_DEAD_LETTER_COLUMNS " FROM dead_letters ";
    if (group.empty()) {
        sql += "NOT INDEXED";
    } else {
        sql += status ? "INDEXED BY dead_letters_by_status" : "INDEXED BY dead_letters_by_group";
    }
    sql += " WHERE id > ?1";
    sql += group.empty() ? "" : " AND group_name = ?3";
    sql += status ? " AND status = ?4" : "";
    sql += " ORDER BY id LIMIT ?2";
    return reading([&](Reader& reader) -> Result<std::vector<DeadLetter>> {
        Statement& rows = reader.statement(sql);
        const Reset reset(rows);
        rows.with(after_id, row_limit(limit));
        if (!group.empty()) {
            rows.bind(3, Text{group});
        }
        if (status) {
            rows.bind(4, static_cast<std::int64_t>(*status));
        }
        std::vector<DeadLetter> found;
        while (rows.step()) {
            auto letter = read_dead_letter(rows, reader.types());
            if (!letter) {
                return std::unexpected(std::move(letter.error()));
            }
            read_steps(reader.statement(QUIPU_DEAD_LETTER_STEPS), *letter);
            found.push_back(*std::move(letter));
        }
        return found;
    });
}

Result<std::optional<DeadLetter>> SqliteStore::dead_letter(std::int64_t id) {
    return reading([&](Reader& reader) -> Result<std::optional<DeadLetter>> {
        Statement& row = reader.statement("SELECT " QUIPU_DEAD_LETTER_COLUMNS
                                          " FROM dead_letters WHERE id = ?1");
        const Reset reset(row);
        if (!row.with(id).step()) {
            return std::nullopt;
        }
        auto letter = read_dead_letter(row, reader.types());
        if (!letter) {
            return std::unexpected(std::move(letter.error()));
        }
        read_steps(reader.statement(QUIPU_DEAD_LETTER_STEPS), *letter);
        return letter;
    });
}

Result<std::optional<ArchivedRecord>> SqliteStore::archived(std::string_view event_id) {
    return reading([&](Reader& reader) -> Result<std::optional<ArchivedRecord>> {
        Statement& row = reader.statement("SELECT " QUIPU_RECORD_COLUMNS
                                          ",deleted_at,deleted_by,reason FROM events_archive "
                                          "WHERE event_id = ?1");
        const Reset reset(row);
        if (!row.with(Id{event_id}).step()) {
            return std::nullopt;
        }
        auto record = read_record(row, reader.types());
        if (!record) {
            return std::unexpected(damaged_row(row.integer(0)));
        }
        return ArchivedRecord{.record = *std::move(record),
                              .deleted_at = from_micros(row.integer(record_columns)),
                              .deleted_by = row.text(record_columns + 1),
                              .reason = row.text(record_columns + 2)};
    });
}

Result<std::vector<std::string>> SqliteStore::collections() {
    return reading([](Reader& reader) -> Result<std::vector<std::string>> {
        Statement& rows =
            reader.statement("SELECT DISTINCT collection FROM documents ORDER BY collection");
        const Reset reset(rows);
        std::vector<std::string> names;
        while (rows.step()) {
            names.push_back(rows.text(0));
        }
        return names;
    });
}

Result<GroupPosition> SqliteStore::open_group(const std::string& group, bool from_earliest) {
    if (group.empty() || group.size() > 512) {
        return fail(ErrorCode::invalid, "a group's name has 1 to 512 bytes");
    }
    Result<GroupPosition> position;
    auto done = writing([&](WriteSession& session) -> Result<void> {
        position = session.open_group(group, from_earliest);
        return position ? Result<void>() : std::unexpected(position.error());
    });
    return done ? std::move(position) : std::unexpected(done.error());
}

Result<Parked> SqliteStore::retry_now(const std::string& group, std::int64_t position) {
    Result<Parked> entry;
    auto done = writing([&](WriteSession& session) -> Result<void> {
        entry = session.retry_now(group, position);
        return entry ? Result<void>() : std::unexpected(entry.error());
    });
    return done ? std::move(entry) : std::unexpected(done.error());
}

Result<DeadLetter> SqliteStore::requeue(std::int64_t id, Decision decision) {
    if (auto sized = check_decision(decision); !sized) {
        return std::unexpected(std::move(sized.error()));
    }
    Result<DeadLetter> letter;
    auto done = writing([&](WriteSession& session) -> Result<void> {
        letter = session.requeue(id, decision);
        return letter ? Result<void>() : std::unexpected(letter.error());
    });
    return done ? std::move(letter) : std::unexpected(done.error());
}

Result<DeadLetter> SqliteStore::discard(std::int64_t id, Decision decision) {
    if (auto sized = check_decision(decision); !sized) {
        return std::unexpected(std::move(sized.error()));
    }
    Result<DeadLetter> letter;
    auto done = writing([&](WriteSession& session) -> Result<void> {
        letter = session.discard(id, decision);
        return letter ? Result<void>() : std::unexpected(letter.error());
    });
    return done ? std::move(letter) : std::unexpected(done.error());
}

Result<std::size_t> SqliteStore::purge(Time now, std::size_t limit) {
    std::size_t removed = 0;
    PurgeStep step;
    step.more = true;
    while (step.more && removed < limit) {
        auto done = writing([&, from = step.next](WriteSession& session) -> Result<void> {
            step = session.purge(from, now, limit - removed);
            return {};
        });
        if (!done) {
            return std::unexpected(done.error());
        }
        removed += step.removed.size();
    }
    return removed;
}

Result<void> SqliteStore::archive(std::string_view event_id, std::string deleted_by,
                                  std::string reason) {
    return writing([&](WriteSession& session) -> Result<void> {
        return session.archive(event_id, deleted_by, reason);
    });
}

Result<void> SqliteStore::restore(const RestoreBatch& batch) {
    Transaction events;
    for (const RecordPtr& record : batch.events) {
        events.appends.push_back({.record = *record, .expected_sequence = {}});
    }
    const auto prepared = prepare(std::move(events), fields_);
    if (!prepared) {
        return std::unexpected(prepared.error());
    }
    return writing([&](WriteSession& session) { return session.restore(*prepared, batch); });
}

Result<std::vector<std::string>> SqliteStore::verify() {
    return reading(
        [](Reader& reader) -> Result<std::vector<std::string>> { return verify_file(reader); });
}

}  // namespace quipu::sqlite
