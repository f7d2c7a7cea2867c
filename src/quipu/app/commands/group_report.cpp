// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/group_report.hpp"

#include <algorithm>
#include <map>

#include "quipu/app/runtime/metrics.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

namespace {

Result<void> fill(GroupRow& row, const GroupBinding& binding, Store& store) {
    std::vector<std::string> types;
    types.reserve(binding.subscriptions.size());
    for (const Subscription& subscription : binding.subscriptions) {
        types.emplace_back(subscription.event_type);
    }
    if (types.empty()) return {};  // a group that only ticks; an empty list would mean all types
    auto lag = store.count_beyond(row.position, types);
    if (!lag) return std::unexpected(std::move(lag.error()));
    row.lag = *lag;
    return {};
}

Result<GroupRow> stored_row(const GroupPosition& position, Store& store) {
    GroupRow row{.group = position.group, .position = position.position, .in_program = false};
    auto parked = store.parked(position.group);
    if (!parked) return std::unexpected(std::move(parked.error()));
    row.parked = static_cast<std::int64_t>(parked->size());
    row.dead_letters = count_open_dead_letters(store, position.group);
    if (position.group != relay_group) return row;
    row.relay = true;
    auto lag = store.count_beyond(position.position, {});
    if (!lag) return std::unexpected(std::move(lag.error()));
    row.lag = *lag;
    return row;
}

void add_live(std::map<std::string, GroupRow>& rows, const ProgramStatus& running) {
    for (const GroupLive& live : running.groups) {
        const auto found = rows.find(live.group);
        if (found == rows.end()) continue;
        found->second.in_flight = live.in_flight;
        if (!live.problem.empty()) found->second.problem = live.problem;
    }
}

}  // namespace

Result<std::vector<GroupRow>> group_report(const AppDefinition& definition, Store& store,
                                           const std::optional<ProgramStatus>& running) {
    const auto positions = store.groups();
    if (!positions) return std::unexpected(positions.error());
    std::map<std::string, GroupRow> rows;
    for (const GroupPosition& position : *positions) {
        auto row = stored_row(position, store);
        if (!row) return std::unexpected(std::move(row.error()));
        rows[position.group] = std::move(*row);
    }
    for (const GroupBinding& binding : definition.groups) {
        const std::string name(binding.group);
        const auto [entry, is_new] = rows.try_emplace(name, GroupRow{.group = name});
        entry->second.in_program = true;
        entry->second.in_store = !is_new;
        if (auto filled = fill(entry->second, binding, store); !filled) {
            return std::unexpected(std::move(filled.error()));
        }
    }
    if (running) add_live(rows, *running);
    std::vector<GroupRow> result;
    result.reserve(rows.size());
    for (auto& [name, row] : rows) result.push_back(std::move(row));
    return result;
}

}  // namespace quipu
