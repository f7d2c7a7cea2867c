// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/session.hpp"

#include <sqlite3.h>

#include <string>
#include <utility>

#include "quipu/store/sqlite/rows.hpp"
#include "quipu/store/sqlite/schema.hpp"

namespace quipu::sqlite {
namespace {

std::unique_ptr<Connection> made_ready(std::unique_ptr<Connection> connection,
                                       bool sync_each_commit) {
    // Every commit walks the whole page cache, so a larger one costs more than it saves.
    connection->exec("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA cache_size=-16384;");
    connection->exec(sync_each_commit ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    create_schema(*connection);
    return connection;
}

}  // namespace

WriteSession::WriteSession(std::unique_ptr<Connection> connection, const IndexedFields& fields,
                           bool sync_each_commit, std::size_t index_portion)
    : connection_(made_ready(std::move(connection), sync_each_commit)),
      begin_(*connection_, "BEGIN IMMEDIATE"),
      commit_(*connection_, "COMMIT"),
      numbers_(fields),
      events_(*connection_, numbers_, index_portion),
      fill_(*connection_, numbers_, index_portion),
      groups_(*connection_),
      documents_(*connection_),
      parked_(*connection_),
      letters_(*connection_, events_.types()),
      removal_(*connection_, events_, groups_, parked_) {
    sqlite3_wal_hook(
        connection_->get(),
        [](void* self, sqlite3*, const char*, int frames) {
            static_cast<WriteSession*>(self)->wal_frames_ = frames;
            return SQLITE_OK;
        },
        this);
    begin_.run();
    fill_.declare();
    commit_.run();
    load();
}

void WriteSession::load() {
    fill_.load();
    events_.load();
    groups_.load();
    documents_.load();
}

void WriteSession::begin(Time stored_at) {
    stored_at_ = stored_at;
    changes_ = {};
    begin_.run();
}

CommitChanges WriteSession::commit() {
    events_.flush();
    groups_.flush();
    commit_.run();
    return std::exchange(changes_, {});
}

void WriteSession::rollback() {
    changes_ = {};
    if (sqlite3_get_autocommit(connection_->get()) == 0) {
        connection_->exec("ROLLBACK");
    }
    load();
}

Result<void> WriteSession::check(const Prepared& prepared) {
    const Transaction& rest = prepared.rest;
    for (const auto& guard : rest.guards) {
        if (auto holds = documents_.check(guard); !holds) {
            return holds;
        }
    }
    if (auto sound = groups_.check(rest); !sound) {
        return sound;
    }
    if (auto fresh = check_groups(rest, groups_, last_position()); !fresh) {
        return fresh;
    }
    if (auto present = parked_.check(rest, last_position()); !present) {
        return present;
    }
    if (auto requeued = letters_.check(rest); !requeued) {
        return requeued;
    }
    auto known = events_.check(prepared.appends);
    if (!known) {
        return std::unexpected(std::move(known.error()));
    }
    known_ = *std::move(known);
    return {};
}

Result<void> WriteSession::append_all(const Prepared& prepared, Committed& committed) {
    committed.appended.reserve(prepared.appends.size());
    for (std::size_t i = 0; i < prepared.appends.size(); ++i) {
        const PreparedAppend& append = prepared.appends[i];
        auto appended =
            known_[i] ? Result<Appended>(*known_[i]) : events_.append(append, stored_at_);
        if (!appended) {
            return std::unexpected(std::move(appended.error()));
        }
        if (!appended->duplicate) {
            changes_.appended.push_back(append.record);
        }
        committed.appended.push_back(*appended);
    }
    return {};
}

Result<Committed> WriteSession::apply(const Prepared& prepared) {
    Committed committed;
    if (auto sound = check(prepared); !sound) {
        return std::unexpected(std::move(sound.error()));
    }
    // First, because a duplicate with another body may come to light only here; nothing else of
    // the transaction has been stored by then.
    if (auto stored = append_all(prepared, committed); !stored) {
        return std::unexpected(std::move(stored.error()));
    }
    const Transaction& rest = prepared.rest;
    for (const auto& change : rest.documents) {
        documents_.apply(change);
    }
    groups_.finish(rest);
    for (const auto& parked : rest.unpark) {
        parked_.unpark(parked);
    }
    std::vector<Parked> park = rest.park;
    for (const auto& letter : rest.dead_letters) {
        const std::int64_t id = letters_.put(letter, stored_at_);
        link_letter(park, letter, id);
    }
    for (const auto& parked : park) {
        parked_.park(parked);
    }
    for (const std::int64_t id : rest.resolved) {
        letters_.resolve(id, stored_at_);
    }
    return committed;
}

Result<GroupPosition> WriteSession::open_group(const std::string& group, bool from_earliest) {
    return groups_.open(group, from_earliest, last_position(), removed());
}

Result<Parked> WriteSession::retry_now(const std::string& group, std::int64_t position) {
    auto entry = parked_.read(group, position);
    if (!entry) {
        return std::unexpected(std::move(entry.error()));
    }
    if (auto allowed = check_retry(*entry, group, position); !allowed) {
        return std::unexpected(std::move(allowed.error()));
    }
    (*entry)->due_at = stored_at_;
    parked_.park(**entry);
    return **std::move(entry);
}

Result<DeadLetter> WriteSession::requeue(std::int64_t id, Decision decision) {
    auto letter = letters_.find(id);
    if (!letter) {
        return letter;
    }
    const std::string name = "dead letter " + std::to_string(id);
    if (letter->status != DeadLetter::Status::open) {
        return fail(ErrorCode::conflict, name + " is " + to_string(letter->status) + " already");
    }
    if (!removal_.in_log(*letter->record)) {
        return fail(ErrorCode::conflict,
                    name + " cannot be handled again: its event was taken out of the log");
    }
    parked_.park({.group = letter->group,
                  .position = letter->record->position,
                  .key = letter->record->key,
                  .due_at = stored_at_,
                  .attempts = {},
                  .source = letter->source,
                  .letter = id});
    letters_.decide(*letter, DeadLetter::Status::requeued,
                    {.what = DeadLetter::Step::What::requeued,
                     .at = stored_at_,
                     .decision = std::move(decision)});
    letter->holds_key = !letter->record->key.empty();
    return letter;
}

Result<DeadLetter> WriteSession::discard(std::int64_t id, Decision decision) {
    auto letter = letters_.find(id);
    if (!letter) {
        return letter;
    }
    if (letter->status != DeadLetter::Status::open) {
        return fail(ErrorCode::conflict, "dead letter " + std::to_string(id) + " is " +
                                             to_string(letter->status) + " already");
    }
    parked_.release(*letter);
    letter->holds_key = false;
    letters_.decide(*letter, DeadLetter::Status::discarded,
                    {.what = DeadLetter::Step::What::discarded,
                     .at = stored_at_,
                     .decision = std::move(decision)});
    return letter;
}

Result<void> WriteSession::archive(std::string_view event_id, const std::string& deleted_by,
                                   const std::string& reason) {
    auto position = removal_.archive(event_id, stored_at_, deleted_by, reason);
    if (!position) {
        return std::unexpected(std::move(position.error()));
    }
    changes_.removed.push_back(*position);
    return {};
}

PurgeStep WriteSession::purge(const PurgeFrom& from, Time now, std::size_t limit) {
    PurgeStep step = removal_.purge(from, now, limit);
    changes_.removed.insert(changes_.removed.end(), step.removed.begin(), step.removed.end());
    return step;
}

void WriteSession::complete_index() {
    if (events_.index_behind()) {
        begin_.run();
        events_.complete_index();
        commit_.run();
    }
}

void WriteSession::fill_fields() {
    begin_.run();
    fill_.step(removed());
    commit_.run();
}

void WriteSession::checkpoint(bool wait) {
    int frames = 0;
    int copied = 0;
    sqlite3_busy_timeout(connection_->get(), wait ? 100 : 0);
    const int code = sqlite3_wal_checkpoint_v2(
        connection_->get(), nullptr, wait ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
        &frames, &copied);
    sqlite3_busy_timeout(connection_->get(), 5000);
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        throw Failure(connection_->get(), code, "cannot move the write-ahead log into the file");
    }
    wal_frames_ = frames == copied ? 0 : frames;
}

void WriteSession::distrust() noexcept {
    sqlite3_db_config(connection_->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Result<void> WriteSession::restore(const Prepared& prepared, const RestoreBatch& batch) {
    // A refused batch must leave nothing behind, and what shares the commit with it must stay.
    events_.flush();
    groups_.flush();
    connection_->exec("SAVEPOINT restored");
    const std::size_t appended = changes_.appended.size();
    auto stored = restore_all(prepared, batch);
    if (stored) {
        events_.flush();
        // Else each batch would read again what the index lacks.
        events_.complete_index();
        groups_.flush();
    } else {
        changes_.appended.resize(appended);
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
        changes_.appended.push_back(append.record);
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
                                "?10,?11,?12,?13,?14,?15) ON CONFLICT DO NOTHING");
    for (const ArchivedRecord& archived : batch.archived) {
        const Record& record = archived.record;
        if (!removed().contains(record.position)) {
            return fail(ErrorCode::invalid, "position " + std::to_string(record.position) +
                                                " of an archived event is not empty");
        }
        const RecordImage image = image_of(record);
        put.reset();
        write_record(put, record, image, events_.types().number(record.event_type));
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

}  // namespace quipu::sqlite
