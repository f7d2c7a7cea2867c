// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/groups.hpp"

#include <algorithm>
#include <utility>

namespace quipu::sqlite {

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

bool GroupTable::known(const std::string& group) const {
    return groups_.contains(group);
}

bool GroupTable::finished(const std::string& group, std::int64_t position) const {
    const auto found = groups_.find(group);
    return found != groups_.end() && found->second.contains(position);
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
