// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/draft.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {

void Draft::open_group(const std::string& group, bool from_earliest) {
    if (known(group)) {
        return;
    }
    IntervalSet& set = finished_of(group);
    if (!from_earliest) {
        set.add(1, commit_.position);
        return;
    }
    for (const auto& [first, last] : state_.removed.ranges()) {
        set.add(first, last);
    }
}

Result<DeadLetter> Draft::open_letter(std::int64_t id) {
    const std::string found = server_.find_one(letters_collection, by_id(id));
    const std::string name = "dead letter " + std::to_string(id);
    if (found.empty()) {
        return fail(ErrorCode::not_found, "there is no " + name);
    }
    auto letter = get_letter(View(found));
    if (letter && letter->status != DeadLetter::Status::open) {
        return fail(ErrorCode::conflict, name + " is " + to_string(letter->status) + " already");
    }
    return letter;
}

Result<DeadLetter> Draft::requeue(std::int64_t id) {
    auto letter = open_letter(id);
    if (!letter) {
        return letter;
    }
    const Record& record = *letter->record;
    const std::string event = server_.find_one(events_collection, by_id(record.position));
    if (View(event).text("event_id") != record.event_id) {
        return fail(ErrorCode::conflict, "dead letter " + std::to_string(id) +
                                             " cannot be handled again: its event was taken out "
                                             "of the log");
    }
    parked_[{letter->group, record.position}] = Parked{.group = letter->group,
                                                       .position = record.position,
                                                       .key = record.key,
                                                       .due_at = commit_.stored_at,
                                                       .attempts = {},
                                                       .source = letter->source};
    letter->status = DeadLetter::Status::requeued;
    commit_.statuses.push_back({.id = id, .status = letter->status, .note = letter->note});
    return letter;
}

Result<DeadLetter> Draft::discard(std::int64_t id, std::string note) {
    auto letter = open_letter(id);
    if (!letter) {
        return letter;
    }
    letter->status = DeadLetter::Status::discarded;
    letter->note = std::move(note);
    commit_.statuses.push_back({.id = id, .status = letter->status, .note = letter->note});
    return letter;
}

void Draft::remove(const Record& record) {
    commit_.removed.push_back(record.position);
    if (!record.aggregate_id.empty() && head(record.aggregate_id) == record.sequence) {
        // Sequences are never given out twice: the head outlives the events.
        commit_.heads.push_back({.aggregate = record.aggregate_id, .sequence = record.sequence});
    }
}

Result<void> Draft::archive(std::string_view event_id, std::string_view deleted_by,
                            std::string_view reason) {
    const std::string name = event_name(std::string(event_id));
    const std::string found = server_.find_one(events_collection, by_text("event_id", event_id));
    if (found.empty()) {
        if (!server_.find_one(archive_collection, by_text("event_id", event_id)).empty()) {
            return fail(ErrorCode::conflict, name + " is in the archive already");
        }
        return fail(ErrorCode::not_found, "there is no " + name + " in the log");
    }
    const View event(found);
    Record record;
    record.position = event.integer("_id");
    record.aggregate_id = event.string("aggregate_id");
    record.sequence = event.integer("sequence");
    commit_.archived.push_back({.position = record.position,
                                .document = bson([&](BsonWriter& writer) {
                                    writer.int64("_id", record.position);
                                    writer.int64("commit", commit_.number);
                                    event.elements([&](std::string_view key, std::string_view raw) {
                                        if (key != "_id" && key != "commit") {
                                            writer.element(raw);
                                        }
                                    });
                                    put_removal(writer, commit_.stored_at, deleted_by, reason);
                                })});
    remove(record);
    for (const auto& [group, set] : state_.groups) {
        if (!set.contains(record.position)) {
            finished_of(group).add(record.position, record.position);
        }
    }
    for (const auto& group : stored_parked_groups(server_, record.position)) {
        parked_[{group, record.position}].reset();
    }
    return {};
}

}  // namespace quipu::mongo
