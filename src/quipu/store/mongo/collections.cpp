// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/collections.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

#include "quipu/event/id.hpp"
#include "quipu/store/mongo/field_sets.hpp"

namespace quipu::mongo {
namespace {

/// 2: tombstones expire by a TTL index; before, each process erased them.
/// 3: declared fields have an index of their own; before, the library knew a field `execution_id`.
constexpr std::int64_t schema_version = 3;
/// By then a process that fell asleep over an old commit has lost its connection long ago, and
/// reads the state again before it writes.
constexpr std::int32_t tombstone_seconds = 24 * 3600;

struct Index {
    const char* collection;
    const char* name;
    std::vector<std::pair<const char*, int>> keys;
    /// Where set: unique among the documents that have this field.
    const char* unique_where = nullptr;
    /// Where set: documents go this long after the date in the field.
    std::int32_t expire_after_seconds = 0;
};

// No TTL index for events: it would remove some that a group has not finished, and leave holes that
// the store does not know of. Expired events go by Store::purge.
const std::vector<Index>& indexes() {
    static const std::vector<Index> all{
        // find(), and whether an event_id was stored before.
        {events_collection, "by_event_id", {{"event_id", 1}}, "event_id"},
        // query() by types in log order; count_beyond().
        {events_collection, "by_type", {{"event_type", 1}, {"_id", 1}}},
        // query() by aggregate, and its last sequence.
        {events_collection, "by_aggregate", {{"aggregate_id", 1}, {"sequence", 1}}, "aggregate_id"},
        // query() by an indexed field, and whether there are events without it; see field_sets.hpp.
        {events_collection, field_index_name, {{"fields", 1}, {"_id", 1}}},
        {events_collection, "by_field_set", {{"field_set", 1}}},
        // query() by time; by Date alone for readers in other languages.
        {events_collection, "by_time", {{"timestamp", 1}, {"timestamp_us", 1}, {"_id", 1}}},
        // purge().
        {events_collection, "by_expiry", {{"ttl_expires_at_us", 1}, {"_id", 1}}},
        // archived(), and whether an event_id was stored before.
        {archive_collection, "by_event_id", {{"event_id", 1}}},
        // documents(): a collection in the order of its keys.
        {documents_collection, "by_key", {{"collection", 1}, {"key", 1}}},
        // parked().
        {parked_collection, "by_group", {{"group", 1}, {"position", 1}}},
        // parked_of_key(), and parked_changes().
        {parked_collection, "by_key", {{"group", 1}, {"key", 1}, {"position", 1}}},
        {parked_collection, "by_change", {{"group", 1}, {"commit", 1}}},
        // dead_letters() of a group, with or without a status.
        {letters_collection, "by_group", {{"group", 1}, {"_id", 1}}},
        {letters_collection, "by_status", {{"status", 1}, {"group", 1}, {"_id", 1}}},
        // Tombstones that are old enough to go.
        {events_collection, "by_removal", {{"gone_at", 1}}, nullptr, tombstone_seconds},
        {documents_collection, "by_removal", {{"gone_at", 1}}, nullptr, tombstone_seconds},
        {parked_collection, "by_removal", {{"gone_at", 1}}, nullptr, tombstone_seconds},
    };
    return all;
}

std::string create_index(const Index& index) {
    return bson([&](BsonWriter& writer) {
        writer.text("createIndexes", index.collection);
        writer.begin_list("indexes");
        writer.begin_document({});
        writer.begin_document("key");
        for (const auto& [name, order] : index.keys) {
            writer.int32(name, order);
        }
        writer.end();
        writer.text("name", index.name);
        if (index.unique_where != nullptr) {
            writer.boolean("unique", true);
            writer.begin_document("partialFilterExpression");
            writer.begin_document(index.unique_where);
            writer.boolean("$exists", true);
            writer.end();
            writer.end();
        }
        if (index.expire_after_seconds > 0) {
            writer.int32("expireAfterSeconds", index.expire_after_seconds);
        }
        writer.end();
        writer.end();
    });
}

void make_indexes(Server& server) {
    for (const auto& index : indexes()) {
        static_cast<void>(server.command(create_index(index)));
    }
}

/// Drops the index if it exists and `outdated` is true of it.
void drop_index(
    Server& server, const char* collection, std::string_view name,
    const std::function<bool(View)>& outdated = [](View) { return true; }) {
    const std::string listed =
        server.command(bson([&](BsonWriter& writer) { writer.text("listIndexes", collection); }));
    bool found = false;
    View(listed).document("cursor").each("firstBatch", [&](View each) {
        found = found || (each.text("name") == name && outdated(each));
    });
    if (found) {
        static_cast<void>(server.command(bson([&](BsonWriter& writer) {
            writer.text("dropIndexes", collection);
            writer.text("index", name);
        })));
    }
}

/// Steps that may be repeated, the version last: another process may do the same, and one that dies
/// leaves the rest to the next.
void upgrade(Server& server, std::int64_t version) {
    if (version < 2) {
        for (const auto& index : indexes()) {
            if (index.expire_after_seconds > 0) {
                // An index whose options have changed cannot be made beside the old one.
                drop_index(server, index.collection, index.name,
                           [](View old) { return !old.has("expireAfterSeconds"); });
                static_cast<void>(server.command(create_index(index)));
            }
        }
    }
    if (version < 3) {
        for (const auto& index : indexes()) {
            static_cast<void>(server.command(create_index(index)));
        }
        drop_index(server, events_collection, "by_execution");
    }
    server.replace(meta_collection, {{.filter = by_id("identity"),
                                      .document = bson([](BsonWriter& writer) {
                                          writer.begin_document("$max");
                                          writer.int64("version", schema_version);
                                          writer.end();
                                      }),
                                      .update = true}});
}

bool holds_something_else(Server& server) {
    bool other = false;
    const std::string reply = server.command(bson([](BsonWriter& writer) {
        writer.int32("listCollections", 1);
        writer.boolean("nameOnly", true);
    }));
    View(reply).document("cursor").each("firstBatch", [&](View each) {
        constexpr std::array ours{commits_collection,   events_collection,  archive_collection,
                                  documents_collection, groups_collection,  removed_collection,
                                  parked_collection,    letters_collection, group_ranges_collection,
                                  heads_collection,     meta_collection};
        const auto name = each.text("name");
        other =
            other || (std::ranges::find(ours, name) == ours.end() && !name.starts_with("system."));
    });
    return other;
}

}  // namespace

std::string by_id(std::string_view id) {
    return bson([&](BsonWriter& writer) { writer.text("_id", id); });
}

std::string by_id(std::int64_t id) {
    return bson([&](BsonWriter& writer) { writer.int64("_id", id); });
}

std::string by_text(const char* name, std::string_view value) {
    return bson([&](BsonWriter& writer) { put_text(writer, name, value); });
}

Result<std::string> make_collections(Server& server, bool create) {
    std::string known = server.find_one(meta_collection, by_id("identity"));
    if (known.empty()) {
        if (holds_something_else(server)) {
            return fail(ErrorCode::invalid,
                        server.location() +
                            " is not a quipu store: the database has other collections; choose "
                            "another database");
        }
        if (!create) {
            return fail(ErrorCode::not_found, "there is no store at " + server.location());
        }
        make_indexes(server);
        const std::string fresh = bson([](BsonWriter& writer) {
            writer.text("_id", "identity");
            writer.text("application", "quipu");
            writer.text("uuid", new_id());
            writer.int64("version", schema_version);
        });
        // Of several processes that begin at once, one wins.
        static_cast<void>(server.insert(meta_collection, {fresh}));
        known = server.find_one(meta_collection, by_id("identity"));
    }
    const View identity(known);
    if (identity.text("application") != "quipu") {
        return fail(ErrorCode::invalid,
                    server.location() + " is not a quipu store; choose another database");
    }
    if (identity.integer("version") > schema_version) {
        return fail(ErrorCode::invalid, server.location() + " has schema version " +
                                            std::to_string(identity.integer("version")) +
                                            ", this program knows versions up to " +
                                            std::to_string(schema_version) +
                                            "; use the newer program");
    }
    if (identity.integer("version") < schema_version) {
        upgrade(server, identity.integer("version"));
    }
    return identity.string("uuid");
}

}  // namespace quipu::mongo
