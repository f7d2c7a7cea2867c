// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/group_report.hpp"
#include "quipu/app/commands/program.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
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
    return row.problem.value_or("");
}

}  // namespace

int groups_command(const Program& program) {
    auto store = open_to_read(program.definition, program.arguments.common.engines);
    if (!store) return program.fail(store.error());
    std::optional<ProgramStatus> running;
    if (auto status = running_program(program.arguments.common.engines)) {
        running = std::move(*status);
    }
    auto rows = group_report(program.definition, **store, running);
    if (!rows) return program.fail(rows.error());
    if (program.arguments.common.json)
        return program.print_json(views::GroupsView{std::move(*rows)});
    Table table({"GROUP", "POSITION", "LAG", "IN FLIGHT", "PARKED", "DEAD LETTERS", ""});
    for (const GroupRow& row : *rows) {
        table.add({row.group, std::to_string(row.position), std::to_string(row.lag),
                   row.in_flight ? std::to_string(*row.in_flight) : "-", std::to_string(row.parked),
                   std::to_string(row.dead_letters), remark(row)});
    }
    table.print(program.out);
    return to_int(ExitCode::done);
}

}  // namespace quipu
