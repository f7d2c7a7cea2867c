// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/group_report.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct GroupsView {
    std::vector<GroupRow> groups;
};

}  // namespace views

namespace {

std::string remark(const GroupRow& row) {
    if (row.relay) return "the relay: publishes to the log";
    if (!row.in_program) return "not a group of this program";
    if (!row.in_store) return "has not run yet";
    if (row.problem) return *row.problem;
    return row.last_error ? "last error: " + *row.last_error : "";
}

int show_groups(const Invocation& invocation) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    std::optional<ProgramStatus> running;
    if (auto status = running_program(invocation.engines)) {
        running = std::move(*status);
    }
    auto rows = group_report(invocation.definition, **store, running);
    if (!rows) return invocation.fail(rows.error());
    if (invocation.json) return invocation.print_json(views::GroupsView{std::move(*rows)});
    Table table({"GROUP", "POSITION", "LAG", "IN FLIGHT", "PARKED", "HELD KEYS", "DEAD LETTERS",
                 "WAITING SINCE", ""});
    for (const GroupRow& row : *rows) {
        table.add({row.group, std::to_string(row.position), std::to_string(row.lag),
                   row.in_flight ? std::to_string(*row.in_flight) : "-", std::to_string(row.parked),
                   std::to_string(row.held_keys), std::to_string(row.dead_letters),
                   row.waiting_since ? format_time(*row.waiting_since) : "-", remark(row)});
    }
    table.print(invocation.out);
    return to_int(ExitCode::done);
}

}  // namespace

void add_groups(CommandSet& commands) {
    commands.add({.name = "groups",
                  .summary = "Show each consumer group: position, lag, and what waits in it",
                  .examples = "  $P groups\n"
                              "  $P groups --json",
                  .shared = {.store = true, .json = true},
                  .run = show_groups});
}

}  // namespace quipu
