// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/store.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/engine/group_rules.hpp"
#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/field_sets.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/mongo_store.hpp"
#include "quipu/store/mongo/projection.hpp"
#include "quipu/store/mongo/purge.hpp"
#include "quipu/store/mongo/query.hpp"
#include "quipu/store/mongo/records.hpp"
#include "quipu/store/mongo/verify.hpp"

namespace quipu::mongo {
namespace {

constexpr std::size_t most_body_with_members = std::size_t{4} << 20;

constexpr std::size_t most_bytes_per_read = std::size_t{8} << 20;

Result<std::optional<Record>> record_in(const std::string& found) {
    if (found.empty() || is_tombstone(View(found))) {
        return std::nullopt;
    }
    const std::int64_t position = View(found).integer("_id");
    auto record = get_record(View(found), position);
    if (!record) {
        return std::unexpected(damaged_event(position));
    }
    return record;
}

/// The longest beginning of `bytes` that can stand in a BSON string: what is at or above `bytes`
/// is at or above this, too.
std::string_view text_bound(std::string_view bytes) {
    bytes = bytes.substr(0, bytes.find('\0'));
    while (!bytes.empty() && !is_text(bytes)) {
        bytes.remove_suffix(1);
    }
    return bytes;
}

}  // namespace

MongoStore::MongoStore(MongoOptions options, std::unique_ptr<Server> server)
    : options_(std::move(options)),
      fields_(options_.indexed),
      field_set_(field_set_name(fields_)),
      server_(std::move(server)),
      cache_(options_.cache_records, options_.cache_bytes),
      server_status_(options_),
      ledger_(*server_, cache_, watch_),
      failures_(*server_) {}

MongoStore::~MongoStore() {
    watch_.wake();
    if (commit_thread_) {
        commit_thread_->stop();
    }
}

Result<void> MongoStore::start() {
    server_->greet();
    auto identity = make_collections(*server_, options_.create);
    if (!identity) {
        return std::unexpected(std::move(identity.error()));
    }
    identity_ = *std::move(identity);
    declare_field_set(*server_, fields_);
    ledger_.open();
    commit_thread_ = std::make_unique<CommitThread>(*server_, ledger_, options_, server_status_);
    follower_ = std::make_unique<Follower>(ledger_, server_status_);
    if (options_.index_portion > 0) {
        field_fill_ = std::make_unique<FieldFill>(*server_, fields_, options_.index_portion);
    }
    return {};
}

void MongoStore::add_members(PreparedAppend& append) const {
    // A document holds body and members, and has at most 16 MiB.
    if (options_.document && append.record->body.size() <= most_body_with_members) {
        append.members = options_.document(*append.record);
    }
    append.members = with_fields(append.members, fields_, field_set_, append.indexed);
}

void MongoStore::submit(Transaction transaction, Done done) {
    auto prepared = prepare(std::move(transaction), fields_);
    if (!prepared) {
        done(std::unexpected(std::move(prepared.error())));
        return;
    }
    for (auto& append : prepared->appends) {
        add_members(append);
        prepared->bytes += append.members.size();
    }
    commit_thread_->submit(*std::move(prepared), std::move(done));
}

Result<std::vector<RecordPtr>> MongoStore::read(std::int64_t position, std::size_t limit) {
    if (limit == 0) {
        return std::vector<RecordPtr>{};
    }
    return reading([&]() -> Result<std::vector<RecordPtr>> {
        auto records = cache_.read(position, limit);
        if (!records || records->size() < limit) {
            ledger_.refresh();
            records = cache_.read(position, limit);
        }
        return records ? *std::move(records) : read_collection(position, limit);
    });
}

std::vector<RecordPtr> MongoStore::read_collection(std::int64_t position, std::size_t limit) {
    const std::string filter = bson([&](BsonWriter& writer) {
        writer.begin_document("_id");
        writer.int64("$gt", position);
        writer.int64("$lte", watch_.last());
        writer.end();
    });
    const std::string options = bson([&](BsonWriter& writer) {
        sorted_by(writer, "_id");
        writer.int64("batchSize",
                     static_cast<std::int64_t>(std::clamp<std::size_t>(limit, 2, 1000)));
    });
    std::vector<RecordPtr> records;
    std::size_t bytes = 0;
    server_->find(events_collection, filter, options, [&](View view) {
        if (is_tombstone(view)) {
            return true;
        }
        const std::int64_t at = view.integer("_id");
        auto record = get_record(view, at);
        if (!record) {
            if (records.empty()) {
                throw CorruptDocument(damaged_event(at));
            }
            return false;  // the sound ones first; the next read meets the damage
        }
        bytes += record->body.size();
        records.push_back(std::make_shared<const Record>(*std::move(record)));
        return records.size() < limit && bytes < most_bytes_per_read;
    });
    return records;
}

std::int64_t MongoStore::last_position() {
    try {
        ledger_.refresh();
        return watch_.last();
    } catch (const std::exception&) {
        return watch_.last();  // the server is away: what this process has seen is the best answer
    }
}

std::int64_t MongoStore::wait_beyond(std::int64_t position, std::chrono::milliseconds timeout) {
    return watch_.wait_beyond(position, timeout);
}

Result<std::optional<Record>> MongoStore::find(std::string_view event_id) {
    return reading([&] {
        return record_in(server_->find_one(events_collection, by_text("event_id", event_id)));
    });
}

Result<std::optional<Record>> MongoStore::at(std::int64_t position) {
    return reading(
        [&] { return record_in(server_->find_one(events_collection, by_id(position))); });
}

Result<std::int64_t> MongoStore::count_beyond(std::int64_t position,
                                              const std::vector<std::string>& types) {
    return reading([&]() -> Result<std::int64_t> {
        if (types.empty()) {
            ledger_.refresh();
            return ledger_.with_state([&](const State& state) {
                const std::int64_t first = std::max<std::int64_t>(position, 0) + 1;
                return std::max<std::int64_t>(0,
                                              state.last_position - first + 1 -
                                                  state.removed.count(first, state.last_position));
            });
        }
        return server_->count(events_collection, bson([&](BsonWriter& writer) {
                                  writer.begin_document("event_type");
                                  writer.begin_list("$in");
                                  for (const auto& type : types) {
                                      put_text(writer, {}, type);
                                  }
                                  writer.end();
                                  writer.end();
                                  writer.begin_document("_id");
                                  writer.int64("$gt", position);
                                  writer.end();
                              }));
    });
}

Result<std::optional<ArchivedRecord>> MongoStore::archived(std::string_view event_id) {
    return reading([&]() -> Result<std::optional<ArchivedRecord>> {
        const std::string found =
            server_->find_one(archive_collection, by_text("event_id", event_id));
        auto record = record_in(found);
        if (!record || !*record) {
            return record ? Result<std::optional<ArchivedRecord>>(std::nullopt)
                          : std::unexpected(std::move(record.error()));
        }
        const View view(found);
        return ArchivedRecord{.record = **std::move(record),
                              .deleted_at = view.time("deleted_at_us"),
                              .deleted_by = view.string("deleted_by"),
                              .reason = view.string("reason")};
    });
}

Result<StoreHealth> MongoStore::health() {
    StoreHealth health;
    health.engine = server_->engine();
    health.location = server_->location();
    health.durability = "majority, journaled";
    health.last_position = last_position();
    health.events = ledger_.events();
    try {
        const auto ask = [&](const char* command) {
            return server_->command(bson([&](BsonWriter& writer) { writer.int32(command, 1); }));
        };
        const std::string stats = ask("dbStats");
        health.bytes = View(stats).integer("totalSize", View(stats).integer("storageSize"));
    } catch (const ServerError& error) {
        server_status_.failed(error);
    }
    health.problem = server_status_.problem();
    health.writable = health.problem.empty();
    return health;
}

Result<std::optional<Document>> MongoStore::document(std::string_view collection,
                                                     std::string_view key) {
    return reading([&]() -> Result<std::optional<Document>> {
        ledger_.wait_for_projection();
        const std::string found =
            server_->find_one(documents_collection, by_id(joined(collection, key)));
        if (found.empty() || is_tombstone(View(found))) {
            return std::nullopt;
        }
        return get_document(View(found), collection);
    });
}

Result<std::vector<Document>> MongoStore::documents(std::string_view collection,
                                                    std::string_view prefix, std::string_view after,
                                                    std::size_t limit) {
    return reading([&]() -> Result<std::vector<Document>> {
        ledger_.wait_for_projection();
        std::vector<Document> found;
        std::optional<Error> damage;
        const auto wanted = [&](std::string_view key) {
            return key.starts_with(prefix) && (after.empty() || key > after);
        };
        const auto take = [&](View view) {
            auto document = get_document(view, collection);
            if (document) {
                found.push_back(*std::move(document));
            } else {
                damage = std::move(document.error());
            }
        };
        // Keys that are no text are of another BSON type, which sorts apart; they are rare.
        const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "key"); });
        if (limit > 0) {
            server_->find(documents_collection, bson([&](BsonWriter& writer) {
                              put_text(writer, "collection", collection);
                              writer.begin_document("key");
                              writer.text("$gte", text_bound(std::max(prefix, after)));
                              writer.end();
                          }),
                          options, [&](View view) {
                              const std::string_view key = view.text("key");
                              if (wanted(key)) {
                                  take(view);
                              }
                              return !damage && found.size() < limit &&
                                     (key.starts_with(prefix) || key < prefix);
                          });
            server_->find(documents_collection, bson([&](BsonWriter& writer) {
                              put_text(writer, "collection", collection);
                              writer.begin_document("key");
                              writer.text("$type", "binData");
                              writer.end();
                          }),
                          options, [&](View view) {
                              if (wanted(view.text("key"))) {
                                  take(view);
                              }
                              return !damage;
                          });
        }
        if (damage) {
            return std::unexpected(*std::move(damage));
        }
        std::ranges::sort(found, {}, &Document::key);
        if (found.size() > limit) {
            found.erase(found.begin() + static_cast<std::ptrdiff_t>(limit), found.end());
        }
        return found;
    });
}

Result<std::vector<GroupPosition>> MongoStore::groups() {
    return reading([&]() -> Result<std::vector<GroupPosition>> {
        ledger_.refresh();
        return ledger_.with_state([](const State& state) -> Result<std::vector<GroupPosition>> {
            if (!state.damaged.empty()) {
                return std::unexpected(damaged_group(*state.damaged.begin()));
            }
            std::vector<GroupPosition> found;
            found.reserve(state.groups.size());
            for (const auto& [name, finished] : state.groups) {
                found.push_back(group_position(name, finished));
            }
            return found;
        });
    });
}

Result<std::vector<std::int64_t>> MongoStore::unfinished(
    const std::string& group, const std::vector<std::int64_t>& positions) {
    return reading([&]() -> Result<std::vector<std::int64_t>> {
        ledger_.refresh();
        return ledger_.with_state([&](const State& state) -> Result<std::vector<std::int64_t>> {
            const auto finished = state.groups.find(group);
            if (finished == state.groups.end()) {
                return fail(ErrorCode::not_found, "group " + group + " is not known to the store");
            }
            if (state.damaged.contains(group)) {
                return std::unexpected(damaged_group(group));
            }
            std::vector<std::int64_t> found;
            std::ranges::copy_if(positions, std::back_inserter(found), [&](std::int64_t position) {
                return position > 0 && !finished->second.contains(position);
            });
            return found;
        });
    });
}

Result<GroupPosition> MongoStore::open_group(const std::string& group, bool from_earliest) {
    if (group.empty() || group.size() > 512) {
        return fail(ErrorCode::invalid, "a group's name has 1 to 512 bytes");
    }
    auto done = commit_thread_->execute([&](Draft& draft) -> Result<void> {
        if (draft.state().damaged.contains(group)) {
            return std::unexpected(damaged_group(group));
        }
        draft.open_group(group, from_earliest);
        return {};
    });
    if (!done) {
        return std::unexpected(done.error());
    }
    return ledger_.with_state(
        [&](const State& state) { return group_position(group, state.groups.at(group)); });
}

Result<std::size_t> MongoStore::purge(Time now, std::size_t limit) {
    std::size_t removed = 0;
    PurgeStep step;
    while (step.more && removed < limit) {
        const PurgeStep before = step;
        auto done = commit_thread_->execute([&](Draft& draft) -> Result<void> {
            step = before;
            purge_step(draft, step, now, limit - removed);
            return {};
        });
        if (!done) {
            return std::unexpected(done.error());
        }
        removed += step.removed;
    }
    return removed;
}

Result<void> MongoStore::archive(std::string_view event_id, std::string deleted_by,
                                 std::string reason) {
    return commit_thread_->execute(
        [&](Draft& draft) -> Result<void> { return draft.archive(event_id, deleted_by, reason); });
}

Result<std::vector<std::string>> MongoStore::collections() {
    return reading([&]() -> Result<std::vector<std::string>> {
        ledger_.wait_for_projection();
        const std::string reply = server_->command(bson([](BsonWriter& writer) {
            writer.text("distinct", documents_collection);
            writer.text("key", "collection");  // tombstones have none
        }));
        std::vector<std::string> names;
        View(reply).document("values").elements([&](std::string_view index, std::string_view raw) {
            const std::string value = bson([&](BsonWriter& writer) { writer.element(raw); });
            names.push_back(View(value).string(std::string(index).c_str()));
        });
        std::ranges::sort(names);
        return names;
    });
}

Result<void> MongoStore::restore(const RestoreBatch& batch) {
    Transaction events;
    for (const RecordPtr& record : batch.events) {
        events.appends.push_back({.record = *record, .expected_sequence = {}});
    }
    Transaction archive;
    for (const ArchivedRecord& archived : batch.archived) {
        archive.appends.push_back({.record = archived.record, .expected_sequence = {}});
    }
    auto prepared = prepare(std::move(events), fields_);
    if (!prepared) {
        return std::unexpected(std::move(prepared.error()));
    }
    auto removed = prepare(std::move(archive), fields_);
    if (!removed) {
        return std::unexpected(std::move(removed.error()));
    }
    PreparedRestore restored{.events = std::move(prepared->appends),
                             .archived = std::move(removed->appends),
                             .batch = batch};
    for (auto* appends : {&restored.events, &restored.archived}) {
        for (PreparedAppend& append : *appends) {
            add_members(append);
        }
    }
    return commit_thread_->execute([&](Draft& draft) { return draft.restore(restored); });
}

Result<EventPage> MongoStore::query(const EventQuery& query) {
    return reading([&] { return run_query(*server_, query, options_.query_time); });
}

Result<std::vector<std::string>> MongoStore::verify() {
    return reading(
        [&]() -> Result<std::vector<std::string>> { return verify_database(*server_, ledger_); });
}

Result<std::vector<Parked>> MongoStore::parked(const std::string& group, std::int64_t after,
                                               std::size_t limit) {
    return reading([&]() -> Result<std::vector<Parked>> {
        ledger_.wait_for_projection();
        return failures_.parked(group, after, limit);
    });
}

Result<std::vector<Parked>> MongoStore::parked_of_key(const std::string& group,
                                                      const std::string& key, std::int64_t after,
                                                      std::size_t limit) {
    return reading([&]() -> Result<std::vector<Parked>> {
        ledger_.wait_for_projection();
        return failures_.parked_of_key(group, key, after, limit);
    });
}

Result<std::vector<std::int64_t>> MongoStore::still_parked(
    const std::string& group, const std::vector<std::int64_t>& positions) {
    return reading([&]() -> Result<std::vector<std::int64_t>> {
        ledger_.wait_for_projection();
        return failures_.still_parked(group, positions);
    });
}

Result<ParkedChanges> MongoStore::parked_changes(const std::string& group, std::int64_t since) {
    return reading(
        [&]() -> Result<ParkedChanges> { return failures_.parked_changes(group, since); });
}

Result<std::int64_t> MongoStore::last_parked_change() {
    return reading([&]() -> Result<std::int64_t> { return projected(*server_); });
}

Result<std::vector<DeadLetter>> MongoStore::dead_letters(const std::string& group,
                                                         std::optional<DeadLetter::Status> status,
                                                         std::int64_t after_id, std::size_t limit) {
    return reading([&]() -> Result<std::vector<DeadLetter>> {
        ledger_.wait_for_projection();
        return failures_.dead_letters(group, status, after_id, limit);
    });
}

Result<std::optional<DeadLetter>> MongoStore::dead_letter(std::int64_t id) {
    return reading([&]() -> Result<std::optional<DeadLetter>> {
        ledger_.wait_for_projection();
        return failures_.dead_letter(id);
    });
}

Result<Parked> MongoStore::retry_now(const std::string& group, std::int64_t position) {
    Result<Parked> entry;
    auto done = commit_thread_->execute([&](Draft& draft) -> Result<void> {
        entry = draft.retry_now(group, position);
        return entry ? Result<void>() : std::unexpected(entry.error());
    });
    return done ? std::move(entry) : std::unexpected(done.error());
}

Result<DeadLetter> MongoStore::decide(std::int64_t id, Decision decision, DraftDecision change) {
    if (auto sized = check_decision(decision); !sized) {
        return std::unexpected(std::move(sized.error()));
    }
    Result<DeadLetter> letter;
    auto done = commit_thread_->execute([&](Draft& draft) -> Result<void> {
        letter = (draft.*change)(id, decision);
        return letter ? Result<void>() : std::unexpected(letter.error());
    });
    return done ? std::move(letter) : std::unexpected(done.error());
}

Result<DeadLetter> MongoStore::requeue(std::int64_t id, Decision decision) {
    return decide(id, std::move(decision), &Draft::requeue);
}

Result<DeadLetter> MongoStore::discard(std::int64_t id, Decision decision) {
    return decide(id, std::move(decision), &Draft::discard);
}

}  // namespace quipu::mongo

namespace quipu {

Result<std::unique_ptr<Store>> open_mongo_store(MongoOptions options) {
    auto server = mongo::Server::make(options);
    if (!server) {
        return std::unexpected(std::move(server.error()));
    }
    const std::string where = (*server)->location();
    auto store = std::make_unique<mongo::MongoStore>(std::move(options), *std::move(server));
    try {
        if (auto started = store->start(); !started) {
            return std::unexpected(std::move(started.error()));
        }
        return store;
    } catch (const mongo::ServerError& server_error) {
        Error error = server_error.error();
        if (server_error.kind() == mongo::ServerError::Kind::access) {
            error.code = ErrorCode::invalid;  // the same URI fails again
        }
        error.message = "cannot open the store " + where + ": " + error.message;
        return std::unexpected(std::move(error));
    } catch (const std::exception& exception) {
        return fail(ErrorCode::unavailable,
                    "cannot open the store " + where + ": " + exception.what());
    }
}

}  // namespace quipu
