// SPDX-License-Identifier: Apache-2.0
// What a draft of a commit does with the events to be appended.
#include <memory>
#include <string_view>
#include <unordered_map>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/draft.hpp"
#include "quipu/store/mongo/lookup.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {

std::optional<Draft::Known> Draft::stored_before(const PreparedAppend& append) {
    const Record& record = *append.record;
    if (const auto found = ids_.find(record.event_id); found != ids_.end()) {
        const Record& earlier = *commit_.events[found->second].record;
        return Known{.answer = {.position = earlier.position,
                                .sequence = earlier.sequence,
                                .duplicate = true},
                     .event_type = earlier.event_type,
                     .body = earlier.body};
    }
    if (state_.recent_ids.certainly_new(append.image.event_id)) {
        return std::nullopt;
    }
    for (const char* collection : {events_collection, archive_collection}) {
        if (collection == archive_collection && !state_.any_archived) {
            break;
        }
        const std::string found =
            server_.find_one(collection, by_text("event_id", record.event_id));
        if (!found.empty()) {
            const View view(found);
            return Known{.answer = {.position = view.integer("_id"),
                                    .sequence = view.integer("sequence"),
                                    .duplicate = true},
                         .event_type = view.string("event_type"),
                         .body = view.string("body")};
        }
    }
    return std::nullopt;
}

Result<std::vector<std::optional<Appended>>> Draft::check(
    const std::vector<PreparedAppend>& appends) {
    std::vector<std::optional<Appended>> known(appends.size());
    std::unordered_map<std::string_view, const Record*> ids;
    std::unordered_map<std::string_view, std::int64_t> sequences;
    for (std::size_t i = 0; i < appends.size(); ++i) {
        const Record& record = *appends[i].record;
        if (const auto before = stored_before(appends[i])) {
            if (before->event_type != record.event_type || before->body != record.body) {
                return std::unexpected(other_content(record));
            }
            known[i] = before->answer;
            continue;
        }
        const auto [twin, first] = ids.try_emplace(record.event_id, &record);
        if (!first) {
            if (twin->second->event_type != record.event_type ||
                twin->second->body != record.body) {
                return std::unexpected(other_content(record));
            }
            continue;
        }
        if (record.aggregate_id.empty()) {
            continue;
        }
        const auto [sequence, fresh] = sequences.try_emplace(record.aggregate_id, 0);
        if (fresh) {
            sequence->second = head(record.aggregate_id);
        }
        if (appends[i].expected_sequence && *appends[i].expected_sequence != sequence->second) {
            return std::unexpected(other_sequence(appends[i], sequence->second));
        }
        ++sequence->second;
    }
    return known;
}

Appended Draft::append(const PreparedAppend& append) {
    if (const auto twin = ids_.find(append.record->event_id); twin != ids_.end()) {
        const Record& earlier = *commit_.events[twin->second].record;
        return {.position = earlier.position, .sequence = earlier.sequence, .duplicate = true};
    }
    // The same wish may be checked again for a later commit, after this record was shared.
    const auto record = std::make_shared<Record>(*append.record);
    record->position = ++commit_.position;
    record->stored_at = commit_.stored_at;
    record->sequence = 0;
    if (!record->aggregate_id.empty()) {
        record->sequence = head(record->aggregate_id) + 1;
        heads_[record->aggregate_id] = record->sequence;
    }
    add_event(append, record);
    return {.position = record->position, .sequence = record->sequence};
}

void Draft::put_event(BsonWriter& writer, const PreparedAppend& append,
                      const Record& record) const {
    writer.int64("_id", record.position);
    writer.int64("commit", commit_.number);
    put_record(writer, record, append.image, append.execution_id,
               with_members_ ? std::string_view(append.members) : std::string_view{});
}

void Draft::add_event(const PreparedAppend& append, RecordPtr record) {
    ids_.emplace(record->event_id, commit_.events.size());
    auto document = bson([&](BsonWriter& writer) { put_event(writer, append, *record); });
    bytes_ += document.size();
    commit_.events.push_back({.record = std::move(record), .document = std::move(document)});
}

}  // namespace quipu::mongo
