// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/flow.hpp"
#include "quipu/app/commands/program.hpp"

namespace quipu {

int flow_command(const Program& program) {
    const Flow flow = flow_of(program.definition);
    if (program.arguments.common.json) return program.print_json(flow);
    program.out << to_mermaid(flow);
    return to_int(ExitCode::done);
}

}  // namespace quipu
