// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "integr8s/events/types.hpp"

namespace integr8s::cli {

struct SubmitOptions {
    std::filesystem::path file;  ///< "-" for standard input
    std::string language;        ///< by the file's ending when empty
    std::string version;
    std::optional<std::int64_t> timeout_seconds;
    std::optional<QueuePriority> priority;
    std::string key;
    bool follow = false;
    bool raw = false;
};

struct ExecutionOptions {
    std::string execution_id;
    bool raw = false;
};

struct ReadyOptions {
    std::chrono::seconds wait{0};
};

// Each reads what stands after the command's name; the error is what is wrong with it.

[[nodiscard]] std::expected<SubmitOptions, std::string> parse_submit(
    const std::vector<std::string>& arguments);
[[nodiscard]] std::expected<ExecutionOptions, std::string> parse_execution(
    const std::vector<std::string>& arguments, bool takes_raw);
[[nodiscard]] std::expected<ReadyOptions, std::string> parse_ready(
    const std::vector<std::string>& arguments);

/// The language that a file's ending tells; empty for an unknown one.
[[nodiscard]] std::string language_of(const std::filesystem::path& file);

}  // namespace integr8s::cli
