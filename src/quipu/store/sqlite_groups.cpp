#include "quipu/store/sqlite_groups.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace quipu::sqlite {
namespace {

Error unknown_group(const std::string& group) {
    return {ErrorCode::not_found, "group " + group + " is not known to the store; open it first"};
}

std::string place(const std::string& group, std::int64_t position) {
    return "position " + std::to_string(position) + " of group " + group;
}

}  // namespace

GroupPosition group_position(const std::string& group, const IntervalSet& finished) {
    GroupPosition out;
    out.group = group;
    out.position = finished.prefix();
    for (const auto& [first, last] : finished.ranges()) {
        for (std::int64_t position = std::max(first, out.position + 1); position <= last;
             ++position) {
            out.finished_above.push_back(position);
        }
    }
    return out;
}

std::unordered_map<std::string, IntervalSet> read_groups(const Connection& connection) {
    std::unordered_map<std::string, IntervalSet> groups;
    Statement offsets(connection, "SELECT group_name, position FROM group_offsets");
    while (offsets.step()) {
        groups[offsets.text(0)].add(1, offsets.integer(1));
    }
    Statement inbox(connection, "SELECT group_name, first, last FROM inbox");
    while (inbox.step()) {
        groups[inbox.text(0)].add(inbox.integer(1), inbox.integer(2));
    }
    for (auto& [name, finished] : groups) {
        static_cast<void>(finished.take_changes());
    }
    return groups;
}

GroupTable::GroupTable(const Connection& connection)
    : connection_(connection),
      put_offset_(connection,
                  "INSERT INTO group_offsets VALUES(?1, ?2) ON CONFLICT(group_name) DO UPDATE SET "
                  "position = excluded.position"),
      put_inbox_(connection,
                 "INSERT INTO inbox VALUES(?1, ?2, ?3) ON CONFLICT(group_name, first) DO UPDATE "
                 "SET last = excluded.last"),
      drop_inbox_(connection, "DELETE FROM inbox WHERE group_name = ?1 AND first = ?2") {}

void GroupTable::load() {
    changed_.clear();
    groups_ = read_groups(connection_);
}

Result<void> GroupTable::check(const Transaction& transaction, std::int64_t last_position) {
    for (const auto& parked : transaction.park) {
        if (!groups_.contains(parked.group)) {
            return std::unexpected(unknown_group(parked.group));
        }
    }
    if (transaction.finished.empty() && transaction.finished_ranges.empty()) {
        return {};
    }
    const auto found = groups_.find(transaction.group);
    if (found == groups_.end()) {
        return std::unexpected(unknown_group(transaction.group));
    }
    const auto beyond = [&](std::int64_t position) {
        return fail(ErrorCode::invalid, place(transaction.group, position) +
                                            " cannot be finished: the log ends at " +
                                            std::to_string(last_position));
    };
    std::unordered_set<std::int64_t> seen;
    for (const std::int64_t position : transaction.finished) {
        if (position < 1 || position > last_position) {
            return beyond(position);
        }
        const bool twice = transaction.finished.size() > 1 && !seen.insert(position).second;
        if (twice || found->second.contains(position)) {
            return fail(ErrorCode::conflict, place(transaction.group, position) +
                                                 " is finished already; its effects are not "
                                                 "stored again");
        }
    }
    for (const auto& [first, last] : transaction.finished_ranges) {
        if (last > last_position) {
            return beyond(last);
        }
    }
    return {};
}

void GroupTable::finish(const Transaction& transaction) {
    if (transaction.finished.empty() && transaction.finished_ranges.empty()) {
        return;
    }
    IntervalSet& finished = groups_[transaction.group];
    for (const std::int64_t position : transaction.finished) {
        finished.add(position, position);
    }
    for (const auto& [first, last] : transaction.finished_ranges) {
        finished.add(first, last);
    }
    changed_.push_back(transaction.group);
}

void GroupTable::finish_for_all(std::int64_t position) {
    for (auto& [name, finished] : groups_) {
        finished.add(position, position);
        changed_.push_back(name);
    }
}

bool GroupTable::finished_by_all(std::int64_t position) const {
    return std::ranges::all_of(
        groups_, [position](const auto& group) { return group.second.contains(position); });
}

std::int64_t GroupTable::highest_finished_by_all(std::int64_t last_position) const {
    for (const auto& [name, finished] : groups_) {
        last_position = std::min(last_position, finished.highest());
    }
    return last_position;
}

GroupPosition GroupTable::open(const std::string& group, bool from_earliest,
                               std::int64_t last_position, const IntervalSet& removed) {
    const auto [found, created] = groups_.try_emplace(group);
    if (created) {
        IntervalSet& finished = found->second;
        if (from_earliest) {
            for (const auto& [first, last] : removed.ranges()) {
                finished.add(first, last);
            }
        } else {
            finished.add(1, last_position);
        }
        put_offset_.with(Text{group}, finished.prefix()).run();
        changed_.push_back(group);
    }
    return group_position(group, found->second);
}

void GroupTable::restore(const GroupPosition& position) {
    IntervalSet& finished = groups_[position.group];
    if (position.position > 0) {
        finished.add(1, position.position);
    }
    for (const std::int64_t above : position.finished_above) {
        finished.add(above, above);
    }
    put_offset_.with(Text{position.group}, finished.prefix()).run();
    changed_.push_back(position.group);
}

void GroupTable::flush(const std::string& group, IntervalSet& finished) {
    for (const std::int64_t first : finished.take_changes()) {
        const auto range = finished.ranges().find(first);
        if (first == 1) {
            put_offset_.with(Text{group}, finished.prefix()).run();
        } else if (range == finished.ranges().end()) {
            drop_inbox_.with(Text{group}, first).run();
        } else {
            put_inbox_.with(Text{group}, first, range->second).run();
        }
    }
}

void GroupTable::flush() {
    for (const auto& name : std::exchange(changed_, {})) {
        flush(name, groups_[name]);
    }
}

}  // namespace quipu::sqlite
