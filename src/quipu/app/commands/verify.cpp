// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/program.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

// Reflection needs types with linkage, so not the unnamed namespace.
namespace views {

struct VerifyView {
    bool sound = false;
    std::vector<std::string> problems;
};

}  // namespace views

int verify_command(const Program& program) {
    auto store = open_to_read(program.definition, program.arguments.common.engines);
    if (!store) return program.fail(store.error());
    const auto problems = (*store)->verify();
    if (!problems) return program.fail(problems.error());
    const ExitCode code = problems->empty() ? ExitCode::done : ExitCode::no;
    if (program.arguments.common.json) {
        return program.print_json(
            views::VerifyView{.sound = problems->empty(), .problems = *problems}, code);
    }
    for (const std::string& problem : *problems) program.out << printable(problem) << '\n';
    program.out << program.arguments.common.engines.store.shown()
                << (problems->empty() ? " is sound" : " is damaged") << "; its last position is "
                << (*store)->last_position() << '\n';
    return to_int(code);
}

}  // namespace quipu
