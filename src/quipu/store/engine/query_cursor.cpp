// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/query_cursor.hpp"

#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>

#include "quipu/store/engine/fields.hpp"

namespace quipu::stores {
namespace {

constexpr std::size_t most_records = 1000;
constexpr std::size_t most_types = 256;
constexpr std::size_t most_conditions = 8;
constexpr std::size_t most_values = 16;

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
    constexpr std::string_view walks = "pts";
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

Result<void> check_query(const EventQuery& query) {
    if (query.limit == 0) {
        return fail(ErrorCode::invalid, "the limit of a query is at least 1");
    }
    const auto bounded = [](std::size_t count, std::size_t most, const char* what) {
        return count <= most ? Result<void>()
                             : fail(ErrorCode::limit,
                                    "a query has at most " + std::to_string(most) + " " + what);
    };
    for (auto&& result : {bounded(query.limit, most_records, "records in a page"),
                          bounded(query.event_types.size(), most_types, "event types"),
                          bounded(query.where.size(), most_conditions, "conditions")}) {
        if (!result) {
            return result;
        }
    }
    for (const FieldCondition& condition : query.where) {
        if (!FieldPath::parse(condition.field, condition.source)) {
            return std::unexpected(bad_field_path(condition.field));
        }
        if (condition.any_of.empty() || condition.any_of.size() > most_values) {
            return fail(ErrorCode::invalid, "the condition on " + condition.field + " needs 1 to " +
                                                std::to_string(most_values) + " values");
        }
    }
    return {};
}

Walk walk_of(const EventQuery& query) {
    if (!query.aggregate_id.empty()) {
        return Walk::aggregate;
    }
    return (query.from || query.until) && query.where.empty() ? Walk::time : Walk::log;
}

Result<Cursor> where_to_begin(const EventQuery& query) {
    const Walk walk = walk_of(query);
    if (query.cursor.empty()) {
        return start_of(walk, query.newest_first);
    }
    const auto cursor = cursor_from(query.cursor);
    if (!cursor || cursor->walk != walk || cursor->newest_first != query.newest_first) {
        return fail(ErrorCode::invalid,
                    "the cursor is not one that this query returned; begin "
                    "without a cursor");
    }
    return *cursor;
}

}  // namespace quipu::stores
