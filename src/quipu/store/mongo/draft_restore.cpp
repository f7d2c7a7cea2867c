// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/draft.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {

Result<void> Draft::check_fresh_ids(const std::vector<PreparedAppend>& events) const {
    std::unordered_set<std::string_view> ids;
    std::vector<std::string_view> asked;
    for (const PreparedAppend& append : events) {
        const std::string& id = append.record->event_id;
        if (!ids.insert(id).second) {
            return fail(ErrorCode::conflict, event_name(id) + " is in the batch twice");
        }
        if (!state_.recent_ids.certainly_new(append.image.event_id)) {
            asked.push_back(id);
        }
    }
    if (asked.empty()) {
        return {};
    }
    const std::string any = bson([&](BsonWriter& writer) {
        writer.begin_document("event_id");
        writer.begin_list("$in");
        for (const std::string_view id : asked) {
            put_text(writer, {}, id);
        }
        writer.end();
        writer.end();
    });
    for (const char* collection : {events_collection, archive_collection}) {
        const std::string found = server_.find_one(collection, any);
        if (!found.empty()) {
            return fail(ErrorCode::conflict,
                        event_name(View(found).string("event_id")) + " is stored already");
        }
    }
    return {};
}

Result<void> Draft::check_ascending(const std::vector<PreparedAppend>& events) {
    std::unordered_map<std::string_view, std::int64_t> newest;
    for (const PreparedAppend& append : events) {
        const Record& record = *append.record;
        if (record.aggregate_id.empty()) {
            continue;
        }
        const auto [at, first] = newest.try_emplace(record.aggregate_id, 0);
        if (first) {
            at->second = head(record.aggregate_id);
        }
        if (record.sequence <= at->second) {
            return fail(ErrorCode::invalid, event_name(record.event_id) + " has sequence " +
                                                std::to_string(record.sequence) +
                                                ", which its aggregate has passed already");
        }
        at->second = record.sequence;
    }
    return {};
}

Result<std::vector<std::pair<std::int64_t, std::int64_t>>> Draft::check_restored(
    const PreparedRestore& prepared) {
    if (!with_members_ && prepared.events.size() + prepared.archived.size() > 1) {
        // Too long together, or one of them has members that the server does not take. The others
        // shall keep theirs.
        return fail(ErrorCode::limit,
                    "a batch is more than one document of MongoDB takes (16 MiB), or the server "
                    "refuses an event of it; split it");
    }
    const RestoreBatch& batch = prepared.batch;
    std::vector<std::pair<std::int64_t, std::int64_t>> holes;
    std::int64_t last = state_.last_position;
    const auto leave_empty_to = [&](std::int64_t position) {
        if (position > last) {
            holes.emplace_back(last + 1, position);
            last = position;
        }
    };
    for (const PreparedAppend& append : prepared.events) {
        const std::int64_t position = append.record->position;
        if (position <= last) {
            return fail(ErrorCode::invalid, "position " + std::to_string(position) +
                                                " is not beyond the end of the log at " +
                                                std::to_string(last));
        }
        leave_empty_to(position - 1);
        last = position;
    }
    leave_empty_to(batch.last_position);
    for (const ArchivedRecord& archived : batch.archived) {
        const std::int64_t position = archived.record.position;
        const bool is_hole = std::ranges::any_of(holes, [&](const auto& hole) {
            return position >= hole.first && position <= hole.second;
        });
        if (!is_hole && !state_.removed.contains(position)) {
            return fail(ErrorCode::invalid, "position " + std::to_string(position) +
                                                " of an archived event is not empty");
        }
    }
    for (const GroupPosition& group : batch.groups) {
        if (group.position > last) {
            return fail(ErrorCode::invalid,
                        "group " + group.group + " stands at " + std::to_string(group.position) +
                            ", beyond the end of the log at " + std::to_string(last));
        }
    }
    if (auto ascending = check_ascending(prepared.events); !ascending) {
        return std::unexpected(std::move(ascending.error()));
    }
    if (auto fresh = check_fresh_ids(prepared.events); !fresh) {
        return std::unexpected(std::move(fresh.error()));
    }
    return holes;
}

Result<void> Draft::restore(const PreparedRestore& prepared) {
    auto holes = check_restored(prepared);
    if (!holes) {
        return std::unexpected(std::move(holes.error()));
    }
    const RestoreBatch& batch = prepared.batch;
    commit_.holes = *std::move(holes);
    bytes_ += 64 * commit_.holes.size();
    for (const PreparedAppend& append : prepared.events) {
        if (!append.record->aggregate_id.empty()) {
            heads_[append.record->aggregate_id] = append.record->sequence;
        }
        commit_.position = append.record->position;
        add_event(append, append.record);
    }
    commit_.position = std::max(commit_.position, batch.last_position);
    for (std::size_t i = 0; i < batch.archived.size(); ++i) {
        const ArchivedRecord& archived = batch.archived[i];
        auto document = bson([&](BsonWriter& writer) {
            put_event(writer, prepared.archived[i], archived.record);
            put_removal(writer, archived.deleted_at, archived.deleted_by, archived.reason);
        });
        bytes_ += document.size();
        commit_.archived.push_back(
            {.position = archived.record.position, .document = std::move(document)});
    }
    restore_state(batch);
    return {};
}

void Draft::restore_state(const RestoreBatch& batch) {
    for (const AggregateHead& given : batch.heads) {
        if (head(given.aggregate_id) < given.sequence) {
            heads_[given.aggregate_id] = given.sequence;
            commit_.heads.push_back({.aggregate = given.aggregate_id, .sequence = given.sequence});
            bytes_ += 64 + given.aggregate_id.size();
        }
    }
    for (const auto& [collection, document] : batch.documents) {
        write_document({.collection = collection,
                        .key = document.key,
                        .revision = document.revision,
                        .body = document.body});
    }
    commit_.erased_revision = std::max(commit_.erased_revision, batch.erased_revision);
    for (const GroupPosition& group : batch.groups) {
        IntervalSet& set = finished_of(group.group);
        if (group.position > 0) {
            set.add(1, group.position);
        }
        for (const std::int64_t above : group.finished_above) {
            set.add(above, above);
        }
        bytes_ += 64 * (1 + set.ranges().size());
    }
    for (const Parked& parked : batch.parked) {
        add_parked(parked);
    }
    for (const DeadLetter& letter : batch.dead_letters) {
        commit_.letter_id = std::max(commit_.letter_id, letter.id);
        write_letter(letter);
    }
}

}  // namespace quipu::mongo
