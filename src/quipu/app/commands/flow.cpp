// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/flow.hpp"
#include "quipu/app/commands/command_set.hpp"

namespace quipu {

namespace {

int show_flow(const Invocation& invocation) {
    const Flow flow = flow_of(invocation.definition);
    if (invocation.json) return invocation.print_json(flow);
    invocation.out << to_mermaid(flow);
    return to_int(ExitCode::done);
}

}  // namespace

void add_flow(CommandSet& commands) {
    commands.add({.name = "flow",
                  .summary = "Show which event causes which, as a graph",
                  .examples = "  $P flow > flow.mmd           for any viewer of Mermaid diagrams\n"
                              "  $P flow --json",
                  .shared = {.json = true},
                  .run = show_flow});
}

}  // namespace quipu
