// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/sqlite/groups.hpp"

#include <algorithm>
#include <utility>

namespace quipu::sqlite {

GroupRows read_groups(const Connection& connection) {
    GroupRows groups;
    const auto add = [&](const std::string& group, std::int64_t first, std::int64_t last,
                         std::int64_t checksum) {
        IntervalSet& finished = groups.finished[group];
        if (finished_checksum(group, first, last) != checksum || first < 1 || last < 0) {
            groups.damaged.insert(group);
        } else if (last >= first) {
            finished.add(first, last);
        }
    };
    Statement offsets(connection, "SELECT group_name, position, checksum FROM group_offsets");
    while (offsets.step()) {
        add(offsets.text(0), 1, offsets.integer(1), offsets.integer(2));
    }
    Statement inbox(connection, "SELECT group_name, first, last, checksum FROM inbox");
    while (inbox.step()) {
        add(inbox.text(0), inbox.integer(1), inbox.integer(2), inbox.integer(3));
    }
    for (auto& [name, finished] : groups.finished) {
        static_cast<void>(finished.take_changes());
    }
    return groups;
}

Error damaged_group(const std::string& group) {
    return {ErrorCode::corrupt, "what group " + group +
                                    " has finished does not read back as it was written: the file "
                                    "is damaged; restore it from a backup"};
}

GroupTable::GroupTable(const Connection& connection)
    : connection_(connection),
      put_offset_(connection,
                  "INSERT INTO group_offsets(group_name, position, checksum) VALUES(?1, ?2, ?3) "
                  "ON CONFLICT(group_name) DO UPDATE SET position = excluded.position, "
                  "checksum = excluded.checksum"),
      put_inbox_(connection,
                 "INSERT INTO inbox(group_name, first, last, checksum) VALUES(?1, ?2, ?3, ?4) "
                 "ON CONFLICT(group_name, first) DO UPDATE SET last = excluded.last, "
                 "checksum = excluded.checksum"),
      drop_inbox_(connection, "DELETE FROM inbox WHERE group_name = ?1 AND first = ?2") {}

void GroupTable::load() {
    changed_.clear();
    GroupRows rows = read_groups(connection_);
    groups_ = std::move(rows.finished);
    damaged_ = std::move(rows.damaged);
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
        if (damaged_.contains(name)) {
            continue;  // its rows stay as they are, for whoever looks into the damage
        }
        finished.add(position, position);
        changed_.push_back(name);
    }
}

bool GroupTable::finished_by_all(std::int64_t position) const {
    return damaged_.empty() && std::ranges::all_of(groups_, [position](const auto& group) {
               return group.second.contains(position);
           });
}

std::int64_t GroupTable::highest_finished_by_all(std::int64_t last_position) const {
    for (const auto& [name, finished] : groups_) {
        last_position = std::min(last_position, finished.highest());
    }
    return last_position;
}

Result<void> GroupTable::check(const Transaction& transaction) const {
    if (damaged_.empty()) {
        return {};
    }
    if (damaged_.contains(transaction.group)) {
        return std::unexpected(damaged_group(transaction.group));
    }
    for (const Parked& parked : transaction.park) {
        if (damaged_.contains(parked.group)) {
            return std::unexpected(damaged_group(parked.group));
        }
    }
    return {};
}

void GroupTable::put_offset(const std::string& group, const IntervalSet& finished) {
    put_offset_.with(Text{group}, finished.prefix(), finished_checksum(group, 1, finished.prefix()))
        .run();
}

Result<GroupPosition> GroupTable::open(const std::string& group, bool from_earliest,
                                       std::int64_t last_position, const IntervalSet& removed) {
    if (damaged_.contains(group)) {
        return std::unexpected(damaged_group(group));
    }
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
        put_offset(group, finished);
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
    put_offset(position.group, finished);
    changed_.push_back(position.group);
}

void GroupTable::flush(const std::string& group, IntervalSet& finished) {
    for (const std::int64_t first : finished.take_changes()) {
        const auto range = finished.ranges().find(first);
        if (first == 1) {
            put_offset(group, finished);
        } else if (range == finished.ranges().end()) {
            drop_inbox_.with(Text{group}, first).run();
        } else {
            put_inbox_
                .with(Text{group}, first, range->second,
                      finished_checksum(group, first, range->second))
                .run();
        }
    }
}

void GroupTable::flush() {
    for (const auto& name : std::exchange(changed_, {})) {
        flush(name, groups_[name]);
    }
}

}  // namespace quipu::sqlite
