// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "integr8s/events/types.hpp"
#include "quipu/app/command_line.hpp"

namespace integr8s::cli {

/// The options of `integr8s submit`.
struct SubmitOptions {
    std::filesystem::path file = {};  ///< "-" for standard input
    std::string language = {};        ///< empty: chosen by the file's extension
    std::string version = {};
    std::optional<std::int64_t> timeout_seconds = {};
    std::optional<QueuePriority> priority = {};
    std::string key = {};
    bool follow = false;
    std::string output = "pretty";

    /// Whether the script's own bytes are the output.
    [[nodiscard]] bool raw() const { return output == "raw"; }
    /// Whether it waits for the result.
    [[nodiscard]] bool waits() const { return follow || raw(); }
};

/// Declares the options. `options` must exist until the command line has been parsed.
void add_submit_options(quipu::CommandLine::Command command, SubmitOptions& options);

/// The language that belongs to a file's extension; empty for an unknown one.
[[nodiscard]] std::string language_of(const std::filesystem::path& file);

}  // namespace integr8s::cli
