// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "quipu/app/cli/text_output.hpp"
#include "quipu/app/commands/arguments.hpp"
#include "quipu/app/commands/exit_code.hpp"
#include "quipu/app/engines/secrets.hpp"
#include "quipu/codec/json.hpp"

namespace quipu {

/// One call of a program: what it is, what was asked, and where the answer goes.
struct Program {
    const AppDefinition& definition;
    const Arguments& arguments;
    std::istream& in;
    std::ostream& out;
    std::ostream& err;

    /// Tells what went wrong on `err`; returns the exit code for it.
    int fail(const Error& error) const {
        err << definition.name << ": " << printable(mask_secrets(error.message)) << '\n';
        return to_int(exit_code_of(error.code));
    }

    /// One JSON document, or one of several lines, on `out`.
    template <class T>
    int print_json(const T& object, ExitCode code = ExitCode::done) const {
        auto text = to_json(object);
        if (!text) return fail(text.error());
        out << *text << '\n';
        return to_int(code);
    }
};

// The built-in commands. Each returns the exit code.
[[nodiscard]] int run_command(const Program& program);
[[nodiscard]] int publish_command(const Program& program);
[[nodiscard]] int tail_command(const Program& program);
[[nodiscard]] int show_command(const Program& program);
[[nodiscard]] int events_command(const Program& program);
[[nodiscard]] int validate_command(const Program& program);
[[nodiscard]] int groups_command(const Program& program);
[[nodiscard]] int dead_letters_command(const Program& program);
[[nodiscard]] int flow_command(const Program& program);
[[nodiscard]] int doctor_command(const Program& program);
[[nodiscard]] int verify_command(const Program& program);
[[nodiscard]] int topics_command(const Program& program);
[[nodiscard]] int promote_command(const Program& program);
[[nodiscard]] int config_command(const Program& program);

}  // namespace quipu
