// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/export.hpp"

#include <utility>

#include "quipu/store/sqlite/failure.hpp"
#include "quipu/store/sqlite/readers.hpp"
#include "quipu/store/sqlite/rows.hpp"

namespace quipu::sqlite {
namespace {

/// Makes what the engine throws an Error.
template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const Failure& failure) {
        return std::unexpected(failure.error());
    }
}

}  // namespace

Export::Export(std::unique_ptr<Reader> reader) : reader_(std::move(reader)) {}
Export::~Export() = default;

Result<std::unique_ptr<Export>> Export::open(const std::filesystem::path& file) {
    return guarded([&]() -> Result<std::unique_ptr<Export>> {
        return std::unique_ptr<Export>(new Export(std::make_unique<Reader>(file.string())));
    });
}

Result<std::vector<ArchivedRecord>> Export::archived(std::int64_t after_position,
                                                     std::size_t limit) {
    return guarded([&]() -> Result<std::vector<ArchivedRecord>> {
        Statement& rows = reader_->statement("SELECT " QUIPU_RECORD_COLUMNS
                                             ",deleted_at,deleted_by,reason FROM events_archive "
                                             "WHERE position > ?1 ORDER BY position LIMIT ?2");
        const Reset reset(rows);
        rows.with(after_position, static_cast<std::int64_t>(limit));
        std::vector<ArchivedRecord> found;
        while (rows.step()) {
            auto record = read_record(rows, reader_->types());
            if (!record) {
                return std::unexpected(damaged_row(rows.integer(0)));
            }
            found.push_back({.record = *std::move(record),
                             .deleted_at = from_micros(rows.integer(record_columns)),
                             .deleted_by = rows.text(record_columns + 1),
                             .reason = rows.text(record_columns + 2)});
        }
        return found;
    });
}

Result<std::vector<AggregateHead>> Export::heads(std::size_t offset, std::size_t limit) {
    return guarded([&]() -> Result<std::vector<AggregateHead>> {
        Statement& rows = reader_->statement(
            "SELECT aggregate_id, sequence FROM heads ORDER BY aggregate_id LIMIT ?2 OFFSET ?1");
        const Reset reset(rows);
        rows.with(static_cast<std::int64_t>(offset), static_cast<std::int64_t>(limit));
        std::vector<AggregateHead> found;
        while (rows.step()) {
            found.push_back({.aggregate_id = rows.id(0), .sequence = rows.integer(1)});
        }
        return found;
    });
}

Result<std::int64_t> Export::erased_revision() {
    return guarded([&]() -> Result<std::int64_t> {
        return reader_->connection().integer(
            "SELECT value FROM meta WHERE name = 'erased_revision'");
    });
}

}  // namespace quipu::sqlite
