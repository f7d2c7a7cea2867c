// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "quipu/app/app.hpp"

namespace integr8s::cli {

/// The default address on which `integr8s run` listens and to which the other commands connect.
inline constexpr std::string_view default_address = "127.0.0.1:8080";

// The commands of integr8s besides those that every quipu program has. They are clients of a
// running integr8s; exit codes are in exit_code.hpp.

[[nodiscard]] quipu::CustomCommand submit_command();
[[nodiscard]] quipu::CustomCommand result_command();
[[nodiscard]] quipu::CustomCommand cancel_command();
[[nodiscard]] quipu::CustomCommand languages_command();
[[nodiscard]] quipu::CustomCommand ready_command();

/// All of them, in the order of the help.
[[nodiscard]] inline std::vector<quipu::CustomCommand> commands() {
    return {submit_command(), result_command(), cancel_command(), languages_command(),
            ready_command()};
}

}  // namespace integr8s::cli
