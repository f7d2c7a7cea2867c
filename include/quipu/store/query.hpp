// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quipu/store/record.hpp"

namespace quipu {

/// Which events a reader wants. Conditions that are set must all hold.
///
/// The order is that of the log; when a time bound is set and neither aggregate_id nor
/// execution_id is, it is (timestamp, position), so that a page costs the same anywhere in time.
struct EventQuery {
    std::vector<std::string> event_types = {};  ///< any of these, at most 256; all when empty
    std::string aggregate_id = {};
    /// Events of one execution (or whatever the program groups events by): those whose
    /// aggregate_id is this, or whose body has a member `execution_id` with this value.
    std::string execution_id = {};
    std::optional<Time> from = {};   ///< timestamp at or after
    std::optional<Time> until = {};  ///< timestamp before
    /// Members of the body that must equal a text, by path: {"metadata.user_id", "u-1"}. Numbers
    /// and booleans compare by their JSON text. Path segments are letters, digits and underscores.
    /// At most 8 members.
    std::vector<std::pair<std::string, std::string>> members = {};
    bool newest_first = false;
    std::size_t limit = 100;  ///< at most 1000
    std::string cursor = {};  ///< from the page before; empty for the first
};

struct EventPage {
    std::vector<Record> records;
    std::string next_cursor;  ///< empty when this was the last page
    /// Positions in this page whose rows do not read back as written; they are left out above.
    std::vector<std::int64_t> damaged;
};

/// An event that was taken out of the log on request.
struct ArchivedRecord {
    Record record;
    Time deleted_at{};
    std::string deleted_by;
    std::string reason;
};

}  // namespace quipu
