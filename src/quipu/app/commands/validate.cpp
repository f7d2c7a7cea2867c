// SPDX-License-Identifier: Apache-2.0
#include <istream>

#include "quipu/app/commands/program.hpp"
#include "quipu/codec/validate.hpp"

namespace quipu {

int validate_command(const Program& program) {
    ExitCode code = ExitCode::done;
    std::string line;
    for (std::size_t number = 1; std::getline(program.in, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        const std::string verdict = validate_line(line, program.definition.canonical);
        program.out << verdict << '\n';
        if (!verdict.starts_with(R"({"id":null,)")) continue;
        program.err << program.definition.name << ": line " << number
                    << R"( is no case; write {"id":"...","input":"..."})" << '\n';
        code = ExitCode::usage;
    }
    return to_int(code);
}

}  // namespace quipu
