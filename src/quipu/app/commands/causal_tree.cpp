// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/causal_tree.hpp"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

#include "quipu/delivery/effects.hpp"
#include "quipu/store/query.hpp"

namespace quipu {

namespace {

constexpr std::size_t most = 1000;

std::string header_of(const Record& record, std::string_view name) {
    const auto value = record.headers.find(name);
    return value ? std::string(*value) : std::string();
}

/// The story's events, the one that began it first if it is still stored.
Result<CausalTree> read_story(Store& store, const Record& of) {
    std::string root = header_of(of, correlation_header);
    if (root.empty()) root = of.event_id;
    CausalTree story;
    auto first = store.find(root);
    if (!first) return std::unexpected(std::move(first.error()));
    if (*first) story.events.push_back({.record = std::move(**first)});
    auto page = store.query({.where = {where_correlation(root)}, .limit = most});
    if (!page) return std::unexpected(std::move(page.error()));
    story.complete = page->next_cursor.empty();
    for (Record& record : page->records) {
        if (record.event_id != root) story.events.push_back({.record = std::move(record)});
    }
    const bool there = std::ranges::any_of(story.events, [&](const CausalEvent& event) {
        return event.record.event_id == of.event_id;
    });
    if (!there) story.events.push_back({.record = of});
    return story;
}

}  // namespace

Result<CausalTree> causal_tree(Store& store, const Record& of) {
    auto story = read_story(store, of);
    if (!story) return story;
    std::set<std::string> ids;
    for (const CausalEvent& event : story->events) ids.insert(event.record.event_id);
    std::map<std::string, std::vector<std::size_t>> children;  // by the id of the cause
    std::vector<std::size_t> next;                             // a stack
    for (std::size_t i = 0; i < story->events.size(); ++i) {
        CausalEvent& event = story->events[i];
        event.asked = event.record.event_id == of.event_id;
        const std::string cause = header_of(event.record, causation_header);
        if (!cause.empty() && ids.contains(cause) && cause != event.record.event_id) {
            children[cause].push_back(i);
        } else {
            event.orphan = !cause.empty();
            next.push_back(i);
        }
    }
    std::ranges::reverse(next);
    CausalTree tree{.events = {}, .complete = story->complete};
    while (!next.empty()) {
        CausalEvent event = std::move(story->events[next.back()]);
        next.pop_back();
        const auto its = children.find(event.record.event_id);
        if (its != children.end()) {
            for (const std::size_t child : its->second | std::views::reverse) {
                story->events[child].depth = event.depth + 1;
                next.push_back(child);
            }
            // Ids that name each other as their cause are visited once.
            children.erase(its);
        }
        tree.events.push_back(std::move(event));
    }
    return tree;
}

}  // namespace quipu
