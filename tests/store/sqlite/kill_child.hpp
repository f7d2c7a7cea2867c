// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/store/store.hpp"

/// What the child and the parent of the kill harness agree on.
namespace quipu::kill {

constexpr const char* made = "made";      ///< events that the handler must handle
constexpr const char* effect = "effect";  ///< what the handler publishes for each, once
constexpr const char* group = "worker";

/// Written to the pipe after an answer of the store; smaller than PIPE_BUF, so never torn.
struct Acknowledgement {
    enum class Kind : std::int64_t { ready, published, handled } kind = Kind::ready;
    std::int64_t number = 0;  ///< of the event that was published
    std::int64_t position = 0;
    std::int64_t sequence = 0;
};

/// Everything about an event follows from its number, so the parent can tell every byte.
[[nodiscard]] Record made_event(std::int64_t number);
[[nodiscard]] std::optional<std::int64_t> number_of(std::string_view event_id);
/// The effect of the event at `position`, one of several attempts.
[[nodiscard]] Record effect_event(std::int64_t position, std::int64_t attempt);
[[nodiscard]] std::optional<std::int64_t> cause_of(const Record& effect_event);

/// Publishes and handles until killed; numbers begin at `first`.
[[noreturn]] void run_child(const std::filesystem::path& file, int pipe, std::int64_t first);

}  // namespace quipu::kill
