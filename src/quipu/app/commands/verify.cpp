// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/command_set.hpp"
#include "quipu/app/engines/store_access.hpp"

namespace quipu {

// Reflection needs types with external linkage, so these are not in the unnamed namespace.
namespace views {

struct VerifyView {
    bool sound = false;
    std::vector<std::string> problems;
};

}  // namespace views

namespace {

int verify(const Invocation& invocation) {
    auto store = open_to_read(invocation.definition, invocation.engines);
    if (!store) return invocation.fail(store.error());
    const auto problems = (*store)->verify();
    if (!problems) return invocation.fail(problems.error());
    const ExitCode code = problems->empty() ? ExitCode::done : ExitCode::no;
    if (invocation.json) {
        return invocation.print_json(
            views::VerifyView{.sound = problems->empty(), .problems = *problems}, code);
    }
    for (const std::string& problem : *problems) invocation.out << printable(problem) << '\n';
    invocation.out << invocation.engines.store.shown()
                   << (problems->empty() ? " is sound" : " is damaged") << "; its last position is "
                   << (*store)->last_position() << '\n';
    return to_int(code);
}

}  // namespace

void add_verify(CommandSet& commands) {
    commands.add({.name = "verify",
                  .summary = "Read the whole store and check its integrity",
                  .examples = "  $P verify && echo sound",
                  .shared = {.store = true, .json = true},
                  .run = verify});
}

}  // namespace quipu
