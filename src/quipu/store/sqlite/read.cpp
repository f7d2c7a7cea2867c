// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <string>

#include "quipu/store/sqlite/letters.hpp"
#include "quipu/store/sqlite/store_impl.hpp"

namespace quipu::sqlite {
namespace {

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
        for (const auto& [name, finished] : read_groups(reader.connection())) {
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
            reader.statement("SELECT position FROM group_offsets WHERE group_name = ?1");
        Statement& range = reader.statement(
            "SELECT last FROM inbox WHERE group_name = ?1 AND first <= ?2 "
            "ORDER BY first DESC LIMIT 1");
        const Reset reset_offset(offset);
        const Reset reset_range(range);
        if (!offset.with(Text{group}).step()) {
            return fail(ErrorCode::not_found, "group " + group + " is not known to the store");
        }
        const std::int64_t finished = offset.integer(0);
        std::vector<std::int64_t> found;
        for (const std::int64_t position : positions) {
            if (position <= finished) continue;
            range.reset();
            if (!range.with(Text{group}, position).step() || range.integer(0) < position) {
                found.push_back(position);
            }
        }
        return found;
    });
}

Result<std::vector<Parked>> SqliteStore::parked(const std::string& group) {
    return reading([&](Reader& reader) -> Result<std::vector<Parked>> {
        Statement& rows = reader.statement("SELECT " QUIPU_PARKED_COLUMNS
                                           " FROM parked WHERE group_name = ?1 ORDER BY position");
        const Reset reset(rows);
        rows.with(Text{group});
        std::vector<Parked> found;
        while (rows.step()) {
            auto parked = read_parked(rows);
            if (!parked) {
                return std::unexpected(std::move(parked.error()));
            }
            found.push_back(*std::move(parked));
        }
        return found;
    });
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
        return read_dead_letter(row, reader.types());
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

Result<std::vector<std::string>> SqliteStore::verify() {
    return reading(
        [](Reader& reader) -> Result<std::vector<std::string>> { return verify_file(reader); });
}

}  // namespace quipu::sqlite
