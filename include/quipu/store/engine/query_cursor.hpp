// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/base/error.hpp"
#include "quipu/store/query.hpp"

namespace quipu::stores {

/// The order in which a query walks, and therefore what a cursor counts in.
enum class Walk : char {
    log = 'p',        ///< first: position
    time = 't',       ///< first: timestamp, second: position
    aggregate = 's',  ///< first: sequence, second: position where the engine needs it
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

/// A page ends early when its bodies have more bytes than this.
constexpr std::size_t most_page_bytes = std::size_t{32} << 20;

/// Whether a query keeps to the bounds of EventQuery.
[[nodiscard]] Result<void> check_query(const EventQuery& query);
[[nodiscard]] Walk walk_of(const EventQuery& query);
/// The query's cursor, or the start; invalid for a cursor of another query.
[[nodiscard]] Result<Cursor> where_to_begin(const EventQuery& query);

}  // namespace quipu::stores
