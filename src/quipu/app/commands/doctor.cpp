// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/commands/diagnosis.hpp"

namespace quipu {

namespace {

std::string about(const ProgramStatus& running) {
    return running.program + " " + running.version + ", process " + std::to_string(running.pid) +
           " since " + format_time(running.started_at) +
           (running.http.empty() ? "" : ", http://" + running.http) +
           (running.ready ? ", ready" : ", not ready");
}

template <class Line>
void print_store(const Line& line, const views::StoreView& store) {
    line("  engine", store.engine + ", durability " + store.durability);
    line("  events", fmt::format("{}, last position {}", store.events, store.last_position));
    if (store.mode.empty()) {
        line("  size", format_bytes(store.bytes));
        return;
    }
    line("  size", format_bytes(store.bytes) + ", " + format_bytes(store.wal_bytes) +
                       " of it in the write-ahead log; " + format_bytes(store.free_bytes) +
                       " free on the disk");
    line("  mode", store.mode);
}

void print(const Invocation& invocation, const views::Diagnosis& view) {
    std::ostream& out = invocation.out;
    const auto line = [&](std::string_view name, std::string_view value) {
        out << fmt::format("{:<16}{}\n", name, printable(value));
    };
    line(view.program, view.version);
    for (const views::Fact& fact : view.versions) line("  " + fact.name, fact.value);
    line("store", view.store ? view.store->location : view.file + " (does not exist yet)");
    if (view.store) print_store(line, *view.store);
    line("log", view.log ? view.log->location : "store");
    if (view.log) {
        line("  engine", view.log->engine + (view.log->reachable ? "" : ", does not answer"));
        for (const std::string& text : view.log->topic_differences) line("  topic", text);
    }
    line("running", view.running ? about(*view.running) : "no");
    for (const GroupRow& row : view.groups) {
        line("group",
             fmt::format("{}: position {}, lag {}, parked {}, held keys {}, dead letters {}{}",
                         row.group, row.position, row.lag, row.parked, row.held_keys,
                         row.dead_letters, row.in_store ? "" : " (has not run yet)"));
    }
    for (const views::Fact& fact : view.services) line(fact.name, fact.value);
    for (const std::string& problem : view.problems) line("PROBLEM", problem);
    if (view.problems.empty()) out << "No problems found.\n";
}

int examine(const Invocation& invocation) {
    const views::Diagnosis view = diagnose(invocation);
    const ExitCode code = view.problems.empty() ? ExitCode::done : ExitCode::no;
    if (invocation.json) return invocation.print_json(view, code);
    print(invocation, view);
    return to_int(code);
}

}  // namespace

void add_doctor(CommandSet& commands) {
    commands.add({.name = "doctor",
                  .summary = "Show versions, the state of the store, and problems",
                  .examples = "  $P doctor\n"
                              "  $P doctor --json",
                  .shared = {.store = true, .log = true, .topics = true, .json = true},
                  .run = examine});
}

}  // namespace quipu
