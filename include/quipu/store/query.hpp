// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/store/record.hpp"

namespace quipu {

/// A JSON value as conditions compare it. Strings, numbers, booleans and null are distinct, and
/// null is not an absent field. Numbers are equal when they are the same number, however written:
/// 5, 5.0 and 5e0.
class FieldValue {
  public:
    [[nodiscard]] static FieldValue null();
    [[nodiscard]] static FieldValue boolean(bool value);
    [[nodiscard]] static FieldValue text(std::string_view value);
    [[nodiscard]] static FieldValue number(std::int64_t value);
    /// Nothing for text that is no JSON number.
    [[nodiscard]] static std::optional<FieldValue> number(std::string_view json);
    /// All that a person may mean by `text`: the string and, where it is the text of one, the
    /// number, boolean or null; text in double quotes is the JSON string that it spells.
    [[nodiscard]] static std::vector<FieldValue> readings(std::string_view text);
    /// What canonical() gave.
    [[nodiscard]] static FieldValue from_canonical(std::string canonical) {
        return FieldValue(std::move(canonical));
    }

    /// Equal texts for equal values; a letter that says the kind comes first. Part of the stored
    /// format.
    [[nodiscard]] const std::string& canonical() const noexcept { return canonical_; }
    [[nodiscard]] bool is_text() const noexcept { return canonical_.starts_with('t'); }

    friend bool operator==(const FieldValue&, const FieldValue&) = default;

  private:
    explicit FieldValue(std::string canonical) : canonical_(std::move(canonical)) {}
    std::string canonical_;
};

/// That a field of an event has one of some values.
struct FieldCondition {
    enum class Source { body, header };

    /// body: a path of names with points between them, such as `metadata.user_id` or `items.0`. A
    /// name with other characters than letters, digits and underscores stands in double quotes, in
    /// which \" and \\ mean the second character. At most 16 names and 512 bytes.
    /// header: the name of a header beside the body (Record::headers).
    std::string field;
    std::vector<FieldValue> any_of;  ///< at least one, at most 16
    Source source = Source::body;
};

[[nodiscard]] FieldCondition where_text(std::string field, std::string_view value);
/// The events that belong to one story, by the correlation id, which events inherit from those
/// whose handlers publish them.
[[nodiscard]] FieldCondition where_correlation(std::string_view id);
/// Events that happened for this user.
[[nodiscard]] FieldCondition where_user(std::string_view user_id);

/// The header with the id of the event that began the story to which an event belongs. That one
/// itself may lack it.
inline constexpr std::string_view correlation_header = "correlation_id";

/// Which events a reader wants. Conditions that are set must all hold.
///
/// The order is that of the log; when a time bound is set and neither aggregate_id nor `where` is,
/// it is (timestamp, position), so that a page costs the same anywhere in time.
struct EventQuery {
    std::vector<std::string> event_types = {};  ///< any of these, at most 256; all when empty
    std::string aggregate_id = {};
    std::optional<Time> from = {};   ///< timestamp at or after
    std::optional<Time> until = {};  ///< timestamp before
    /// Fields and their values, at most 8. An index leads to the events when a condition names
    /// `metadata.user_id`, the correlation id, or a field that an event declares with
    /// quipu::fields(); otherwise every event that the rest of the query leaves is read.
    std::vector<FieldCondition> where = {};
    bool newest_first = false;
    std::size_t limit = 100;  ///< at most 1000
    std::string cursor = {};  ///< from the page before; empty for the first
};

struct EventPage {
    std::vector<Record> records;
    std::string next_cursor;  ///< empty when this was the last page
    /// Positions in this page whose rows do not read back as written; they are left out above.
    std::vector<std::int64_t> damaged;
    /// For a query with `where` to which no index led, why not; empty otherwise.
    std::string scan_reason;
};

/// An event that was taken out of the log on request.
struct ArchivedRecord {
    Record record;
    Time deleted_at{};
    std::string deleted_by;
    std::string reason;
};

}  // namespace quipu
