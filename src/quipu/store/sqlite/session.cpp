// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/session.hpp"

#include <sqlite3.h>

#include <utility>

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

WriteSession::WriteSession(std::unique_ptr<Connection> connection, bool sync_each_commit,
                           std::size_t index_portion)
    : connection_(made_ready(std::move(connection), sync_each_commit)),
      begin_(*connection_, "BEGIN IMMEDIATE"),
      commit_(*connection_, "COMMIT"),
      events_(*connection_, index_portion),
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
    load();
}

void WriteSession::load() {
    events_.load();
    groups_.load();
    documents_.load();
}

void WriteSession::begin(Time stored_at) {
    stored_at_ = stored_at;
    effects_ = {};
    begin_.run();
}

Effects WriteSession::commit() {
    events_.flush();
    groups_.flush();
    commit_.run();
    return std::exchange(effects_, {});
}

void WriteSession::rollback() {
    effects_ = {};
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
    if (auto fresh = check_groups(rest, groups_, last_position()); !fresh) {
        return fresh;
    }
    if (auto present = parked_.check(rest, last_position()); !present) {
        return present;
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
            effects_.appended.push_back(append.record);
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
    for (const auto& parked : rest.park) {
        parked_.park(parked);
    }
    for (const auto& letter : rest.dead_letters) {
        letters_.add(letter);
    }
    return committed;
}

GroupPosition WriteSession::open_group(const std::string& group, bool from_earliest) {
    return groups_.open(group, from_earliest, last_position(), removed());
}

Result<DeadLetter> WriteSession::requeue(std::int64_t id) {
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
                  .source = letter->source});
    letters_.set_status(*letter, DeadLetter::Status::requeued, letter->note);
    return letter;
}

Result<DeadLetter> WriteSession::discard(std::int64_t id, std::string note) {
    auto letter = letters_.find(id);
    if (!letter) {
        return letter;
    }
    if (letter->status != DeadLetter::Status::open) {
        return fail(ErrorCode::conflict, "dead letter " + std::to_string(id) + " is " +
                                             to_string(letter->status) + " already");
    }
    letters_.set_status(*letter, DeadLetter::Status::discarded, std::move(note));
    return letter;
}

Result<void> WriteSession::archive(std::string_view event_id, const std::string& deleted_by,
                                   const std::string& reason) {
    auto position = removal_.archive(event_id, stored_at_, deleted_by, reason);
    if (!position) {
        return std::unexpected(std::move(position.error()));
    }
    effects_.removed.push_back(*position);
    return {};
}

PurgeStep WriteSession::purge(const PurgeFrom& from, Time now, std::size_t limit) {
    PurgeStep step = removal_.purge(from, now, limit);
    effects_.removed.insert(effects_.removed.end(), step.removed.begin(), step.removed.end());
    return step;
}

void WriteSession::complete_index() {
    if (events_.index_behind()) {
        begin_.run();
        events_.complete_index();
        commit_.run();
    }
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

}  // namespace quipu::sqlite
