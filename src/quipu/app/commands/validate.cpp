// SPDX-License-Identifier: Apache-2.0
#include <istream>

#include "quipu/app/commands/command_set.hpp"
#include "quipu/codec/validate.hpp"

namespace quipu {

namespace {

int validate(const Invocation& invocation) {
    ExitCode code = ExitCode::done;
    std::string line;
    for (std::size_t number = 1; std::getline(invocation.in, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const std::string verdict = validate_line(line, invocation.definition.canonical);
        invocation.out << verdict << '\n';
        if (!verdict.starts_with(R"({"id":null,)")) continue;
        invocation.err << invocation.definition.name << ": line " << number
                       << R"( is not a case; write {"id":"...","input":"..."})" << '\n';
        code = ExitCode::usage;
    }
    return to_int(code);
}

}  // namespace

void add_validate(CommandSet& commands) {
    commands.add({.name = "validate",
                  .summary = "Validate events from standard input, one case a line",
                  .examples =
                      "  $P validate < cases.jsonl > verdicts.jsonl\n"
                      "  A case is {\"id\":\"c1\",\"input\":\"{...an event...}\"}; its verdict is\n"
                      "  {\"id\":\"c1\",\"ok\":true,\"output\":\"...\"} or\n"
                      "  {\"id\":\"c1\",\"ok\":false,\"errors\":[{\"type\":\"missing\",\"loc\":"
                      "[...],\"msg\":\"...\"}]}",
                  .run = validate});
}

}  // namespace quipu
