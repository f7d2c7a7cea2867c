// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>

#include "quipu/store/sqlite/rows.hpp"
#include "quipu/store/sqlite/store_impl.hpp"

// Puts the content of another store into the file, row by row as it was there.

namespace quipu::sqlite {

Result<void> WriteSession::restore(const Prepared& prepared, const RestoreBatch& batch) {
    // A refused batch must leave nothing behind, and what shares the commit with it must stay.
    events_.flush();
    groups_.flush();
    connection_->exec("SAVEPOINT restored");
    const std::size_t appended = effects_.appended.size();
    auto stored = restore_all(prepared, batch);
    if (stored) {
        events_.flush();
        // Else each batch would read again what the index lacks.
        events_.complete_index();
        groups_.flush();
    } else {
        effects_.appended.resize(appended);
        connection_->exec("ROLLBACK TO restored");
    }
    connection_->exec("RELEASE restored");
    // What is kept in memory beside the tables is read from them again.
    load();
    return stored;
}

Result<void> WriteSession::restore_all(const Prepared& prepared, const RestoreBatch& batch) {
    for (const PreparedAppend& append : prepared.appends) {
        if (auto stored = events_.restore(append); !stored) {
            return stored;
        }
        effects_.appended.push_back(append.record);
    }
    events_.leave_empty_to(batch.last_position);
    if (auto stored = restore_archive(batch); !stored) {
        return stored;
    }
    restore_documents(batch);
    return restore_groups(batch);
}

Result<void> WriteSession::restore_archive(const RestoreBatch& batch) {
    Statement put(*connection_, "INSERT INTO events_archive(" QUIPU_RECORD_COLUMNS
                                ",deleted_at,deleted_by,reason) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,"
                                "?10,?11,?12,?13,?14,?15,?16) ON CONFLICT DO NOTHING");
    for (const ArchivedRecord& archived : batch.archived) {
        const Record& record = archived.record;
        if (!removed().contains(record.position)) {
            return fail(ErrorCode::invalid, "position " + std::to_string(record.position) +
                                                " of an archived event is not empty");
        }
        const RecordImage image = image_of(record);
        put.reset();
        write_record(put, record, image, events_.types().number(record.event_type), {});
        int next = record_columns;
        put.bind(++next, to_micros(archived.deleted_at));
        put.bind(++next, Text{archived.deleted_by});
        put.bind(++next, Text{archived.reason});
        put.run();
    }
    Statement keep(*connection_,
                   "INSERT INTO heads VALUES(?1, ?2) ON CONFLICT(aggregate_id) DO UPDATE SET "
                   "sequence = max(sequence, excluded.sequence)");
    for (const AggregateHead& head : batch.heads) {
        keep.with(Id{head.aggregate_id}, head.sequence).run();
    }
    return {};
}

void WriteSession::restore_documents(const RestoreBatch& batch) {
    Statement put(*connection_,
                  "INSERT INTO documents(collection, key, revision, checksum, body) "
                  "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(collection, key) DO UPDATE SET "
                  "revision = excluded.revision, checksum = excluded.checksum, "
                  "body = excluded.body");
    for (const auto& [collection, document] : batch.documents) {
        put.with(Text{collection}, Text{document.key}, document.revision,
                 document_checksum(collection, document.key, document.body), Blob{document.body})
            .run();
    }
    if (batch.erased_revision > 0) {
        Statement(*connection_,
                  "INSERT INTO meta VALUES('erased_revision', ?1) ON CONFLICT(name) DO UPDATE SET "
                  "value = max(value, excluded.value)")
            .with(batch.erased_revision)
            .run();
    }
}

Result<void> WriteSession::restore_groups(const RestoreBatch& batch) {
    for (const GroupPosition& group : batch.groups) {
        if (group.position > last_position()) {
            return fail(ErrorCode::invalid,
                        "group " + group.group + " stands at " + std::to_string(group.position) +
                            ", beyond the end of the log at " + std::to_string(last_position()));
        }
        groups_.restore(group);
    }
    for (const Parked& parked : batch.parked) {
        parked_.park(parked);
    }
    for (const DeadLetter& letter : batch.dead_letters) {
        letters_.restore(letter);
    }
    return {};
}

Result<void> SqliteStore::restore(const RestoreBatch& batch) {
    Transaction events;
    for (const RecordPtr& record : batch.events) {
        events.appends.push_back({.record = *record, .expected_sequence = {}});
    }
    const auto prepared = prepare(std::move(events));
    if (!prepared) {
        return std::unexpected(prepared.error());
    }
    return writing([&](WriteSession& session) { return session.restore(*prepared, batch); });
}

}  // namespace quipu::sqlite
