#include "quipu/store/sqlite_cursor.hpp"

#include <charconv>
#include <limits>
#include <system_error>

namespace quipu::sqlite {
namespace {

bool take(std::string_view& text, std::int64_t& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

}  // namespace

Cursor start_of(Walk walk, bool newest_first) noexcept {
    using Limits = std::numeric_limits<std::int64_t>;
    const std::int64_t edge = newest_first ? Limits::max() : Limits::min();
    return {.walk = walk, .newest_first = newest_first, .first = edge, .second = edge};
}

std::string to_text(const Cursor& cursor) {
    return std::string{static_cast<char>(cursor.walk), cursor.newest_first ? 'd' : 'a'} +
           std::to_string(cursor.first) + '.' + std::to_string(cursor.second);
}

std::optional<Cursor> cursor_from(std::string_view text) noexcept {
    constexpr std::string_view walks = "ptse";
    if (text.size() < 5 || walks.find(text[0]) == std::string_view::npos ||
        (text[1] != 'a' && text[1] != 'd')) {
        return std::nullopt;
    }
    Cursor cursor{.walk = static_cast<Walk>(text[0]), .newest_first = text[1] == 'd'};
    text.remove_prefix(2);
    if (!take(text, cursor.first) || !text.starts_with('.')) {
        return std::nullopt;
    }
    text.remove_prefix(1);
    if (!take(text, cursor.second) || !text.empty()) {
        return std::nullopt;
    }
    return cursor;
}

}  // namespace quipu::sqlite
