// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/lookup.hpp"

#include <algorithm>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/records.hpp"

namespace quipu::mongo {

std::int64_t stored_revision(Server& server, const std::string& id) {
    const std::string found = server.find_one(documents_collection, by_id(id));
    const View document(found);
    return is_tombstone(document) ? 0 : document.integer("revision");
}

std::int64_t stored_head(Server& server, const std::string& aggregate) {
    const std::string newest = bson([](BsonWriter& writer) {
        writer.begin_document("sort");
        writer.int32("sequence", -1);
        writer.end();
        writer.int64("limit", 1);
        writer.begin_document("projection");
        writer.int32("sequence", 1);
        writer.end();
    });
    const std::string event =
        server.find_one(events_collection, by_text("aggregate_id", aggregate), newest);
    const std::string kept = server.find_one(heads_collection, by_id(joined({}, aggregate)));
    return std::max(View(event).integer("sequence"), View(kept).integer("sequence"));
}

std::string parked_id(const std::string& group, std::int64_t position) {
    return joined(std::to_string(position), group);
}

std::optional<Parked> stored_parked(Server& server, const std::string& group,
                                    std::int64_t position) {
    const std::string found = server.find_one(parked_collection, by_id(parked_id(group, position)));
    return found.empty() || is_tombstone(View(found)) ? std::nullopt
                                                      : std::optional(get_parked(View(found)));
}

std::vector<std::string> stored_parked_groups(Server& server, std::int64_t position) {
    std::vector<std::string> groups;
    const std::string filter =
        bson([&](BsonWriter& writer) { writer.int64("position", position); });
    server.find(parked_collection, filter, {}, [&](View view) {
        groups.push_back(view.string("group"));
        return true;
    });
    return groups;
}

Error other_content(const Record& record) {
    return {ErrorCode::conflict,
            event_name(record.event_id) +
                " is stored already with another type or body; an event_id names one event: "
                "publish the new one under a new id"};
}

Error other_sequence(const PreparedAppend& append, std::int64_t last) {
    return {ErrorCode::conflict,
            event_name(append.record->event_id) + " expects its aggregate at sequence " +
                std::to_string(append.expected_sequence.value_or(0)) + ", it is at " +
                std::to_string(last) + "; read the aggregate again and decide anew"};
}

void sorted_by(BsonWriter& writer, const char* name) {
    writer.begin_document("sort");
    writer.int32(name, 1);
    writer.end();
}

}  // namespace quipu::mongo
