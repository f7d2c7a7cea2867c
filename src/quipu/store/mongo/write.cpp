// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/records.hpp"
#include "quipu/store/mongo/store_impl.hpp"

namespace quipu::mongo {
namespace {

// A purge shares the writer with publishers, so one step stays short.
constexpr std::size_t most_removed = 500;
constexpr std::size_t most_examined = 20'000;

struct PurgeStep {
    std::size_t removed = 0;
    std::pair<std::int64_t, std::int64_t> next{};  ///< expiry and position looked at last
    bool more = true;
};

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

void purge_step(Draft& draft, PurgeStep& step, Time now, std::size_t limit) {
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
        const bool finished = std::ranges::all_of(
            state.groups, [&](const auto& group) { return group.second.contains(position); });
        if (finished && !kept.contains(position) && position <= state.last_position) {
            Record& record = chosen.emplace_back();
            record.position = position;
            record.aggregate_id = view.string("aggregate_id");
            record.sequence = view.integer("sequence");
        }
        return chosen.size() < limit && examined < most_examined;
    });
    for (const Record& record : chosen) {
        draft.remove(record);
    }
    step.removed = chosen.size();
    step.more = chosen.size() == limit || examined == most_examined;
}

}  // namespace

Result<GroupPosition> MongoStore::open_group(const std::string& group, bool from_earliest) {
    if (group.empty() || group.size() > 512) {
        return fail(ErrorCode::invalid, "a group's name has 1 to 512 bytes");
    }
    auto done = writer_->execute([&](Draft& draft) -> Result<void> {
        draft.open_group(group, from_earliest);
        return {};
    });
    if (!done) {
        return std::unexpected(done.error());
    }
    return ledger_.with_state(
        [&](const State& state) { return group_position(group, state.groups.at(group)); });
}

Result<DeadLetter> MongoStore::requeue(std::int64_t id) {
    Result<DeadLetter> letter;
    auto done = writer_->execute([&](Draft& draft) -> Result<void> {
        letter = draft.requeue(id);
        return letter ? Result<void>() : std::unexpected(letter.error());
    });
    return done ? std::move(letter) : std::unexpected(done.error());
}

Result<DeadLetter> MongoStore::discard(std::int64_t id, std::string note) {
    Result<DeadLetter> letter;
    auto done = writer_->execute([&](Draft& draft) -> Result<void> {
        letter = draft.discard(id, note);
        return letter ? Result<void>() : std::unexpected(letter.error());
    });
    return done ? std::move(letter) : std::unexpected(done.error());
}

Result<std::size_t> MongoStore::purge(Time now, std::size_t limit) {
    std::size_t removed = 0;
    PurgeStep step;
    step.next.first = std::numeric_limits<std::int64_t>::min();
    while (step.more && removed < limit) {
        const PurgeStep before = step;
        auto done = writer_->execute([&](Draft& draft) -> Result<void> {
            step = before;
            purge_step(draft, step, now, std::min(limit - removed, most_removed));
            return {};
        });
        if (!done) {
            return std::unexpected(done.error());
        }
        removed += step.removed;
    }
    return removed;
}

Result<void> MongoStore::archive(std::string_view event_id, std::string deleted_by,
                                 std::string reason) {
    return writer_->execute(
        [&](Draft& draft) -> Result<void> { return draft.archive(event_id, deleted_by, reason); });
}

}  // namespace quipu::mongo
