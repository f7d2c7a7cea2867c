#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quipu::sqlite {

/// The order in which a query walks, and therefore what a cursor counts in.
enum class Walk : char {
    log = 'p',        ///< first: position
    time = 't',       ///< first: timestamp, second: position
    aggregate = 's',  ///< first: sequence
    execution = 'e',  ///< first: position, second: sequence of the aggregate of that name
};

struct Cursor {
    Walk walk = Walk::log;
    bool newest_first = false;
    std::int64_t first = 0;
    std::int64_t second = 0;
};

/// Before every event.
[[nodiscard]] Cursor start_of(Walk walk, bool newest_first) noexcept;
[[nodiscard]] std::string to_text(const Cursor& cursor);
/// Nothing for text that `to_text` did not write.
[[nodiscard]] std::optional<Cursor> cursor_from(std::string_view text) noexcept;

}  // namespace quipu::sqlite
