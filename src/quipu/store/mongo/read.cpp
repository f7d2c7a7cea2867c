// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"
#include "quipu/store/mongo/store_impl.hpp"

namespace quipu::mongo {
namespace {

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
