// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/mongo/purge.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "quipu/store/mongo/collections.hpp"

namespace quipu::mongo {
namespace {

constexpr std::size_t removed_per_step = 500;
constexpr std::size_t examined_per_step = 20'000;

/// Positions whose event must stay: parked ones and those of open dead letters.
std::set<std::int64_t> kept_positions(Server& server) {
    std::set<std::int64_t> kept;
    const std::string options = bson([](BsonWriter& writer) {
        writer.begin_document("projection");
        writer.int32("position", 1);
        writer.end();
    });
    const auto add = [&](View view) {
        kept.insert(view.integer("position"));
        return true;
    };
    server.find(parked_collection, bson([](BsonWriter& writer) {
                    writer.begin_document("position");
                    writer.int64("$gt", 0);
                    writer.end();
                }),
                options, add);
    server.find(letters_collection, by_text("status", to_string(DeadLetter::Status::open)), options,
                add);
    return kept;
}

std::string expired(std::pair<std::int64_t, std::int64_t> after, Time now) {
    return bson([&](BsonWriter& writer) {
        writer.begin_document("ttl_expires_at_us");
        writer.int64("$lte", to_micros(now));
        writer.int64("$gte", after.first);
        writer.end();
    });
}

}  // namespace

void purge_step(Draft& draft, PurgeStep& step, Time now, std::size_t limit) {
    limit = std::min(limit, removed_per_step);
    const State& state = draft.state();
    const auto from = step.next;
    const auto kept = kept_positions(draft.server());
    const std::string options = bson([](BsonWriter& writer) {
        writer.begin_document("sort");
        writer.int32("ttl_expires_at_us", 1);
        writer.int32("_id", 1);
        writer.end();
        writer.begin_document("projection");
        for (const char* name : {"ttl_expires_at_us", "aggregate_id", "sequence"}) {
            writer.int32(name, 1);
        }
        writer.end();
    });
    std::vector<Record> chosen;
    std::size_t examined = 0;
    draft.server().find(events_collection, expired(from, now), options, [&](View view) {
        const std::int64_t position = view.integer("_id");
        const std::pair here(view.integer("ttl_expires_at_us"), position);
        if (here <= from) {
            return true;
        }
        ++examined;
        step.next = here;
        const bool finished =
            state.damaged.empty() && std::ranges::all_of(state.groups, [&](const auto& group) {
                return group.second.contains(position);
            });
        if (finished && !kept.contains(position) && position <= state.last_position) {
            Record& record = chosen.emplace_back();
            record.position = position;
            record.aggregate_id = view.string("aggregate_id");
            record.sequence = view.integer("sequence");
        }
        return chosen.size() < limit && examined < examined_per_step;
    });
    for (const Record& record : chosen) {
        draft.remove(record);
    }
    step.removed = chosen.size();
    step.more = chosen.size() == limit || examined == examined_per_step;
}

}  // namespace quipu::mongo
