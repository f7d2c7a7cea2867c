// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/restore_check.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "quipu/store/mongo/collections.hpp"

namespace quipu::mongo {

Result<void> RestoreCheck::check_fresh_ids(const std::vector<PreparedAppend>& events) const {
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

Result<void> RestoreCheck::check_ascending(const std::vector<PreparedAppend>& events) const {
    std::unordered_map<std::string_view, std::int64_t> newest;
    for (const PreparedAppend& append : events) {
        const Record& record = *append.record;
        if (record.aggregate_id.empty()) {
            continue;
        }
        const auto [at, first] = newest.try_emplace(record.aggregate_id, 0);
        if (first) {
            at->second = head_(record.aggregate_id);
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

Result<RestoreCheck::Ranges> RestoreCheck::holes_of(const PreparedRestore& prepared) const {
    const RestoreBatch& batch = prepared.batch;
    Ranges holes;
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

}  // namespace quipu::mongo
