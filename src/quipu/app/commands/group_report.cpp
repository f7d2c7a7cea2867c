// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/group_report.hpp"

#include <algorithm>
#include <map>

#include "quipu/base/text.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

namespace {

/// Counting open dead letters stops here.
constexpr std::int64_t most_letters = 1000;

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

/// Collects what waits in a group: since when, and the newest error.
class Waiting {
  public:
    explicit Waiting(GroupRow& row) : row_(row) {}

    void add(const Parked& entry) {
        ++row_.parked;
        if (entry.held() && !entry.key.empty()) ++row_.held_keys;
        if (entry.attempts.empty()) return;
        since(entry.attempts.front().at);
        failed(entry.attempts.back().at, entry.attempts.back().error);
    }
    void add(const DeadLetter& letter) {
        ++row_.dead_letters;
        if (letter.holds_key) since(letter.failed_at);
        failed(letter.failed_at, letter.error);
    }

  private:
    void since(Time at) { row_.waiting_since = std::min(row_.waiting_since.value_or(at), at); }
    void failed(Time at, const std::string& error) {
        if (row_.last_error && at < last_) return;
        last_ = at;
        row_.last_error = to_valid_utf8(error);
    }

    GroupRow& row_;
    Time last_{};
};

Result<void> add_waiting(GroupRow& row, Store& store) {
    constexpr std::size_t page = 500;
    Waiting waiting(row);
    for (std::int64_t after = 0;;) {
        const auto entries = store.parked(row.group, after, page);
        if (!entries) return std::unexpected(entries.error());
        if (entries->empty()) break;
        after = entries->back().position;
        for (const Parked& entry : *entries) waiting.add(entry);
    }
    constexpr std::size_t letters_page = 100;
    for (std::int64_t after = 0; row.dead_letters < most_letters;) {
        const auto letters =
            store.dead_letters(row.group, DeadLetter::Status::open, after, letters_page);
        if (!letters) return std::unexpected(letters.error());
        if (letters->empty()) break;
        after = letters->back().id;
        for (const DeadLetter& letter : *letters) waiting.add(letter);
    }
    return {};
}

Result<GroupRow> stored_row(const GroupPosition& position, Store& store) {
    GroupRow row{.group = position.group, .position = position.position, .in_program = false};
    if (auto added = add_waiting(row, store); !added) {
        return std::unexpected(std::move(added.error()));
    }
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
