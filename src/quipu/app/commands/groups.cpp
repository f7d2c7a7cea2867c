// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/group_report.hpp"
#include "quipu/app/commands/store_changes.hpp"
#include "quipu/app/engines/store_access.hpp"
#include "quipu/delivery/rewind.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct GroupsView {
    std::vector<GroupRow> groups;
};

struct RewindView {
    std::string group;
    std::string event_type;
    std::int64_t events = 0;
    bool dry_run = false;
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

struct RewindArguments {
    std::string group;
    std::vector<std::string> types;
    bool dry_run = false;
};

/// Whether this program's group handles the types; of a group of another program, nothing is known.
Result<void> check_subscribed(const AppDefinition& definition, const RewindArguments& arguments) {
    const auto group = std::ranges::find(definition.groups, arguments.group, &GroupBinding::group);
    if (group == definition.groups.end()) return {};
    for (const std::string& type : arguments.types) {
        if (std::ranges::find(group->subscriptions, type, &Subscription::event_type) ==
            group->subscriptions.end()) {
            return fail(ErrorCode::invalid,
                        "group " + arguments.group + " does not handle " + type);
        }
    }
    return {};
}

Result<std::int64_t> count_to_rewind(const Invocation& invocation, const std::string& group,
                                     const std::string& type) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return std::unexpected(std::move(store.error()));
    return rewind_group(**store, group, type, {.dry_run = true});
}

int rewind(const Invocation& invocation, const RewindArguments& arguments) {
    if (auto fits = check_subscribed(invocation.definition, arguments); !fits) {
        return invocation.fail(fits.error());
    }
    std::unique_ptr<StoreChanges> changes;
    if (!arguments.dry_run) {
        auto opened = open_store_changes(invocation.definition, invocation.engines, false);
        if (!opened) return invocation.fail(opened.error());
        changes = std::move(*opened);
    }
    for (const std::string& type : arguments.types) {
        const auto events = changes ? changes->rewind(arguments.group, type)
                                    : count_to_rewind(invocation, arguments.group, type);
        if (!events) return invocation.fail(events.error());
        if (invocation.json) {
            invocation.print_json(views::RewindView{.group = arguments.group,
                                                    .event_type = type,
                                                    .events = *events,
                                                    .dry_run = arguments.dry_run});
        } else {
            invocation.out << *events << (*events == 1 ? " event of " : " events of ") << type
                           << (arguments.dry_run ? " would be handed to " : " handed to ")
                           << arguments.group << '\n';
        }
    }
    return to_int(ExitCode::done);
}

constexpr std::string_view examples =
    "  $P groups\n"
    "  $P groups --json\n"
    "  $P groups rewind GROUP --type $T --dry-run";
constexpr SharedOptions shared{.store = true, .json = true};

}  // namespace

void add_groups(CommandSet& commands) {
    CommandLine::Command groups =
        commands.add({.name = "groups",
                      .summary = "Show each consumer group: position, lag, and what waits in it",
                      .examples = examples,
                      .shared = shared,
                      .run = show_groups});
    commands.add_below(groups, {.name = "list",
                                .summary = "Show each consumer group",
                                .examples = examples,
                                .shared = shared,
                                .run = show_groups});
    const auto arguments = std::make_shared<RewindArguments>();
    CommandLine::Command command = commands.add_below(
        groups,
        {.name = "rewind",
         .summary = "Hand stored events of a type to a group that has passed them",
         .examples = examples,
         .shared = shared,
         .run =
             [arguments](const Invocation& invocation) { return rewind(invocation, *arguments); },
         .check = [arguments]() -> CommandLine::Taken {
             if (arguments->types.empty()) return std::unexpected("--type TYPE is required");
             return {};
         }});
    command.add("GROUP", arguments->group, "The group").required();
    commands.add_types(command, arguments->types);
    command.add_flag("--dry-run", arguments->dry_run, "Only count them");
}

}  // namespace quipu
