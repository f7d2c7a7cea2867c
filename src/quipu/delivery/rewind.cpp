// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/rewind.hpp"

#include <set>
#include <utility>

namespace quipu {

namespace {

constexpr std::size_t page_size = 500;

/// The entries of those records that the group has finished and that are not parked.
Result<std::vector<Parked>> entries_of(Store& store, const std::string& group,
                                       const std::vector<Record>& records, Time now) {
    std::vector<std::int64_t> positions;
    positions.reserve(records.size());
    for (const Record& record : records) positions.push_back(record.position);
    auto unfinished = store.unfinished(group, positions);
    if (!unfinished) return std::unexpected(std::move(unfinished.error()));
    auto parked = store.still_parked(group, positions);
    if (!parked) return std::unexpected(std::move(parked.error()));
    std::set<std::int64_t> left(unfinished->begin(), unfinished->end());
    left.insert(parked->begin(), parked->end());
    std::vector<Parked> entries;
    for (const Record& record : records) {
        if (left.contains(record.position)) continue;
        entries.push_back({.group = group,
                           .position = record.position,
                           .key = record.key,
                           .due_at = now,
                           .attempts = {},
                           .source = {},
                           .letter = 0});
    }
    return entries;
}

}  // namespace

Result<std::int64_t> rewind_group(Store& store, const std::string& group,
                                  const std::string& event_type, const RewindOptions& options) {
    std::int64_t count = 0;
    EventQuery query{.event_types = {event_type}, .limit = page_size};
    do {
        auto page = store.query(query);
        if (!page) return std::unexpected(std::move(page.error()));
        query.cursor = std::move(page->next_cursor);
        auto entries = entries_of(store, group, page->records, options.now);
        if (!entries) return std::unexpected(std::move(entries.error()));
        count += static_cast<std::int64_t>(entries->size());
        if (options.dry_run || entries->empty()) continue;
        Transaction transaction;
        transaction.group = group;
        transaction.park = *entries;
        if (auto done = store.commit(std::move(transaction)); !done) {
            return std::unexpected(std::move(done.error()));
        }
        if (options.parked) options.parked(*entries);
    } while (!query.cursor.empty());
    return count;
}

}  // namespace quipu
