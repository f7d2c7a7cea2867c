// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "quipu/app/app.hpp"

namespace integr8s::cli {

/// Where `integr8s run` listens and where the other commands look for it.
inline constexpr std::string_view default_address = "127.0.0.1:8080";

// The commands of integr8s beside those that every quipu program has. They talk to a running
// integr8s over HTTP; exit codes are in exit_code.hpp.

[[nodiscard]] int run_submit(const quipu::CommandContext& context);
[[nodiscard]] int run_cancel(const quipu::CommandContext& context);
[[nodiscard]] int run_result(const quipu::CommandContext& context);
[[nodiscard]] int run_languages(const quipu::CommandContext& context);
[[nodiscard]] int run_ready(const quipu::CommandContext& context);

/// All of them, with their help.
[[nodiscard]] std::vector<quipu::Command> commands();

}  // namespace integr8s::cli
