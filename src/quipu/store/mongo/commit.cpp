// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/commit.hpp"

#include <algorithm>
#include <memory>

#include "quipu/store/mongo/bson.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {
namespace {

template <class Items, class Put>
void put_list(BsonWriter& writer, std::string_view name, const Items& items, Put&& put) {
    if (items.empty()) {
        return;
    }
    writer.begin_list(name);
    for (const auto& item : items) {
        writer.begin_document({});
        put(item);
        writer.end();
    }
    writer.end();
}

template <class Items>
void put_documents(BsonWriter& writer, std::string_view name, const Items& items) {
    if (items.empty()) {
        return;
    }
    writer.begin_list(name);
    for (const auto& item : items) {
        writer.document({}, item.document);
    }
    writer.end();
}

template <class Ranges>
void put_ranges(BsonWriter& writer, std::string_view name, const Ranges& ranges) {
    put_list(writer, name, ranges, [&](const auto& range) {
        writer.int64("first", range.first);
        writer.int64("last", range.second);
    });
}

void put_finished(BsonWriter& writer, const Commit::Finished& finished) {
    put_text(writer, "group", finished.group);
    put_ranges(writer, "ranges", finished.ranges);
}

DeadLetter::Status status_from(std::int64_t number) {
    return static_cast<DeadLetter::Status>(std::clamp<std::int64_t>(number, 0, 2));
}

bool take_events(View document, Commit& commit) {
    bool sound = true;
    document.each("events", [&](View each) {
        auto record = get_record(each, each.integer("_id"));
        if (!record) {
            sound = false;
            return;
        }
        commit.events.push_back({.record = std::make_shared<const Record>(*std::move(record)),
                                 .document = std::string(each.bytes())});
    });
    return sound;
}

void take_group_parts(View document, Commit& commit) {
    document.each("finished", [&](View each) {
        auto& finished = commit.finished.emplace_back();
        finished.group = each.string("group");
        each.each("ranges", [&](View range) {
            finished.ranges.emplace_back(range.integer("first"), range.integer("last"));
        });
    });
    document.each("parked", [&](View each) { commit.parked.push_back(get_parked(each)); });
    document.each("unparked", [&](View each) {
        commit.unparked.push_back(
            {.group = each.string("group"), .position = each.integer("position")});
    });
    document.each("letters", [&](View each) {
        commit.letters.push_back(
            {.id = each.integer("_id"), .document = std::string(each.bytes())});
    });
    document.each("statuses", [&](View each) {
        commit.statuses.push_back({.id = each.integer("id"),
                                   .status = status_from(each.integer("status")),
                                   .note = each.string("note")});
    });
}

void take_rest(View document, Commit& commit) {
    document.each("documents", [&](View each) {
        commit.documents.push_back(
            {.collection = each.string("collection"),
             .key = each.string("key"),
             .revision = each.integer("revision"),
             .body = each.has("body") ? std::optional(each.string("body")) : std::nullopt});
    });
    document.each("removed",
                  [&](View each) { commit.removed.push_back(each.integer("position")); });
    document.each("holes", [&](View each) {
        commit.holes.emplace_back(each.integer("first"), each.integer("last"));
    });
    document.each("archived", [&](View each) {
        commit.archived.push_back(
            {.position = each.integer("_id"), .document = std::string(each.bytes())});
    });
    document.each("heads", [&](View each) {
        commit.heads.push_back(
            {.aggregate = each.string("aggregate"), .sequence = each.integer("sequence")});
    });
}

}  // namespace

bool Commit::empty() const noexcept {
    return events.empty() && documents.empty() && finished.empty() && parked.empty() &&
           unparked.empty() && letters.empty() && statuses.empty() && removed.empty() &&
           holes.empty() && archived.empty() && heads.empty();
}

std::string encode(const Commit& commit) {
    return bson([&](BsonWriter& writer) {
        writer.int64("_id", commit.number);
        writer.text("token", commit.token);
        put_time(writer, "stored_at", commit.stored_at);
        writer.int64("position", commit.position);
        writer.int64("letter_id", commit.letter_id);
        writer.int64("erased_revision", commit.erased_revision);
        put_documents(writer, "events", commit.events);
        put_list(writer, "documents", commit.documents, [&](const auto& each) {
            put_text(writer, "collection", each.collection);
            put_text(writer, "key", each.key);
            writer.int64("revision", each.revision);
            if (each.body) {
                writer.binary("body", *each.body);
            }
        });
        put_list(writer, "finished", commit.finished,
                 [&](const auto& each) { put_finished(writer, each); });
        put_list(writer, "parked", commit.parked,
                 [&](const auto& each) { put_parked(writer, each); });
        put_list(writer, "unparked", commit.unparked, [&](const auto& each) {
            put_text(writer, "group", each.group);
            writer.int64("position", each.position);
        });
        put_documents(writer, "letters", commit.letters);
        put_list(writer, "statuses", commit.statuses, [&](const auto& each) {
            writer.int64("id", each.id);
            writer.int64("status", static_cast<std::int64_t>(each.status));
            put_text(writer, "note", each.note);
        });
        put_list(writer, "removed", commit.removed,
                 [&](std::int64_t position) { writer.int64("position", position); });
        put_ranges(writer, "holes", commit.holes);
        put_documents(writer, "archived", commit.archived);
        put_list(writer, "heads", commit.heads, [&](const auto& each) {
            put_text(writer, "aggregate", each.aggregate);
            writer.int64("sequence", each.sequence);
        });
    });
}

std::optional<Commit> decode_commit(std::string_view bytes) {
    const View document(bytes);
    Commit commit;
    commit.number = document.integer("_id");
    commit.token = document.string("token");
    commit.stored_at = document.time("stored_at_us");
    commit.position = document.integer("position", -1);
    commit.letter_id = document.integer("letter_id", -1);
    commit.erased_revision = document.integer("erased_revision", -1);
    if (commit.number < 1 || commit.position < 0 || commit.letter_id < 0 ||
        commit.erased_revision < 0 || !take_events(document, commit)) {
        return std::nullopt;
    }
    take_group_parts(document, commit);
    take_rest(document, commit);
    return commit;
}

}  // namespace quipu::mongo
