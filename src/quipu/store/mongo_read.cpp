#include <algorithm>
#include <memory>
#include <string>

#include "quipu/store/group_rules.hpp"
#include "quipu/store/mongo_collections.hpp"
#include "quipu/store/mongo_lookup.hpp"
#include "quipu/store/mongo_records.hpp"
#include "quipu/store/mongo_store_impl.hpp"

namespace quipu::mongo {
namespace {

constexpr std::size_t most_bytes_per_read = std::size_t{8} << 20;

void sorted_by(BsonWriter& writer, const char* name) {
    writer.begin_document("sort");
    writer.int32(name, 1);
    writer.end();
}

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

Error damaged_document(std::string_view collection, std::string_view key) {
    return {ErrorCode::corrupt, "document " + std::string(collection) + "/" + std::string(key) +
                                    " does not read back as it was written: the database is "
                                    "damaged; restore it from a backup"};
}

Result<Document> get_document(View view, std::string_view collection) {
    Document document{.key = view.string("key"),
                      .body = view.string("body"),
                      .revision = view.integer("revision")};
    if (document_checksum(collection, document.key, document.body) != view.integer("checksum")) {
        return std::unexpected(damaged_document(collection, document.key));
    }
    return document;
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
                throw Damage(damaged_event(at));
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

Result<std::optional<Document>> MongoStore::document(std::string_view collection,
                                                     std::string_view key) {
    return reading([&]() -> Result<std::optional<Document>> {
        ledger_.steady();
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
        ledger_.steady();
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
        return ledger_.with_state([](const State& state) {
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
            std::vector<std::int64_t> found;
            std::ranges::copy_if(positions, std::back_inserter(found), [&](std::int64_t position) {
                return position > 0 && !finished->second.contains(position);
            });
            return found;
        });
    });
}

Result<std::vector<Parked>> MongoStore::parked(const std::string& group) {
    return reading([&]() -> Result<std::vector<Parked>> {
        std::vector<Parked> found;
        const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "position"); });
        server_->find(parked_collection, by_text("group", group), options, [&](View view) {
            found.push_back(get_parked(view));
            return true;
        });
        return found;
    });
}

Result<std::vector<DeadLetter>> MongoStore::dead_letters(const std::string& group,
                                                         std::optional<DeadLetter::Status> status,
                                                         std::int64_t after_id, std::size_t limit) {
    return reading([&]() -> Result<std::vector<DeadLetter>> {
        std::vector<DeadLetter> found;
        std::optional<Error> damage;
        if (limit == 0) {
            return found;
        }
        const std::string filter = bson([&](BsonWriter& writer) {
            if (!group.empty()) {
                put_text(writer, "group", group);
            }
            if (status) {
                writer.text("status", to_string(*status));
            }
            writer.begin_document("_id");
            writer.int64("$gt", after_id);
            writer.end();
        });
        const std::string options = bson([](BsonWriter& writer) { sorted_by(writer, "_id"); });
        server_->find(letters_collection, filter, options, [&](View view) {
            auto letter = get_letter(view);
            if (letter) {
                found.push_back(*std::move(letter));
            } else {
                damage = std::move(letter.error());
            }
            return !damage && found.size() < limit;
        });
        if (damage) {
            return std::unexpected(*std::move(damage));
        }
        return found;
    });
}

Result<std::optional<DeadLetter>> MongoStore::dead_letter(std::int64_t id) {
    return reading([&]() -> Result<std::optional<DeadLetter>> {
        const std::string found = server_->find_one(letters_collection, by_id(id));
        if (found.empty()) {
            return std::nullopt;
        }
        return get_letter(View(found));
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
    } catch (const Failure& failure) {
        condition_.bad(failure);
    }
    health.problem = condition_.problem();
    health.writable = health.problem.empty();
    return health;
}

}  // namespace quipu::mongo
