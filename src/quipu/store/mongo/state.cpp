// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/state.hpp"

#include <algorithm>
#include <cstring>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {
namespace {

/// False when a range does not read back as it was written.
bool add_ranges(View document, std::string_view owner, IntervalSet& set) {
    bool sound = true;
    document.each("ranges", [&](View each) {
        if (const auto range = get_range(each, owner)) {
            set.add(range->first, range->second);
        } else {
            sound = false;
        }
    });
    return sound;
}

const std::string& everything() {
    static const std::string filter = bson([](BsonWriter&) {});
    return filter;
}

/// The largest id of version 7 that is stored: fresh ones lie above it. Gives up after many ids of
/// other kinds.
bool find_newest_id(Server& server, const char* collection, UuidBytes& floor) {
    constexpr int most_others = 1000;
    const std::string filter = bson([](BsonWriter& writer) {
        writer.begin_document("event_id");
        writer.text("$gte", "0");
        writer.text("$lt", "02");
        writer.end();
    });
    const std::string options = bson([](BsonWriter& writer) {
        writer.begin_document("sort");
        writer.int32("event_id", -1);
        writer.end();
        writer.int64("limit", most_others);
        writer.begin_document("projection");
        writer.int32("event_id", 1);
        writer.end();
    });
    int others = 0;
    server.find(collection, filter, options, [&](View document) {
        const auto id = uuid_bytes(document.text("event_id"));
        if (id && RecentIds::eligible(*id)) {
            floor = std::max(floor, *id, [](const UuidBytes& a, const UuidBytes& b) {
                return std::memcmp(a.data(), b.data(), a.size()) < 0;
            });
            return false;
        }
        return ++others < most_others;
    });
    return others < most_others;
}

}  // namespace

void State::apply(const Commit& commit) {
    seen = std::max(seen, commit.number);
    last_position = std::max(last_position, commit.position);
    letter_id = std::max(letter_id, commit.letter_id);
    erased_revision = std::max(erased_revision, commit.erased_revision);
    for (const auto& event : commit.events) {
        recent_ids.stored(uuid_bytes(event.record->event_id));
        if (event.record->sequence != 0) {
            heads.set(event.record->aggregate_id, event.record->sequence);
        }
    }
    for (const auto& change : commit.documents) {
        revisions.set(joined(change.collection, change.key), change.body ? change.revision : 0);
    }
    for (const auto& finished : commit.finished) {
        IntervalSet& set = groups[finished.group];
        for (const auto& [first, last] : finished.ranges) {
            set.add(first, last);
        }
        static_cast<void>(set.take_changes());
    }
    for (const std::int64_t position : commit.removed) {
        removed.add(position, position);
    }
    for (const auto& [first, last] : commit.holes) {
        removed.add(first, last);
    }
    static_cast<void>(removed.take_changes());
    for (const auto& head : commit.heads) {
        if (const auto kept = heads.find(head.aggregate); kept && *kept < head.sequence) {
            heads.set(head.aggregate, head.sequence);
        }
    }
    any_archived = any_archived || !commit.archived.empty();
}

State load_state(Server& server) {
    State state;
    // First, so that what is read later may only be ahead of it.
    const std::string applied = server.find_one(meta_collection, by_id("applied"));
    const View singleton(applied);
    state.seen = singleton.integer("commit");
    state.last_position = singleton.integer("position");
    state.letter_id = singleton.integer("letter_id");
    state.erased_revision = singleton.integer("erased_revision");
    server.find(removed_collection, everything(), {}, [&](View document) {
        if (!add_ranges(document, {}, state.removed)) {
            throw CorruptDocument({ErrorCode::corrupt,
                                   "the removed positions do not read back as they were written: "
                                   "the database is damaged; restore it from a backup"});
        }
        return true;
    });
    static_cast<void>(state.removed.take_changes());
    // Ranges before positions: a later chunk leaves out what the position has passed by then.
    server.find(group_ranges_collection, everything(), {}, [&](View document) {
        const std::string group = document.string("group");
        if (!add_ranges(document, group, state.groups[group])) {
            state.damaged.insert(group);
        }
        return true;
    });
    server.find(groups_collection, everything(), {}, [&](View document) {
        const std::string group = document.string("group");
        const auto position = get_position(document);
        if (position) {
            state.groups[group].add(1, *position);
        } else {
            state.groups.try_emplace(group);
            state.damaged.insert(group);
        }
        return true;
    });
    for (auto& [name, finished] : state.groups) {
        static_cast<void>(finished.take_changes());
    }
    state.any_archived = !server.find_one(archive_collection, everything()).empty();
    UuidBytes floor{};
    if (find_newest_id(server, events_collection, floor) &&
        find_newest_id(server, archive_collection, floor)) {
        state.recent_ids.begin(floor);
    }
    return state;
}

}  // namespace quipu::mongo
