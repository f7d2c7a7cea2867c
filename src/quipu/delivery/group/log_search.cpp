// SPDX-License-Identifier: Apache-2.0
#include "log_search.hpp"

#include <algorithm>
#include <utility>

#include "quipu/delivery/log/wire.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

namespace {

constexpr int max_fruitless_searches = 6;  // each of them doubles the pause before the next

}  // namespace

void LogSearch::look(LogConsumer& consumer, std::optional<std::int64_t> missing,
                     std::int64_t cursor) {
    const auto now = Clock::now();
    if (now < next_look_) return;
    next_look_ = now + patience_ * (search_ ? 1 : 1 << fruitless_searches_);
    if (!missing) {
        search_.reset();
        first_missing_ = 0;
        fruitless_searches_ = 0;
        return;
    }
    const bool moved = std::exchange(first_missing_, *missing) != *missing;
    if (!search_ && (moved || !begin(consumer, *missing))) return;
    if (!range(cursor).empty()) return;
    const auto progress = consumer.progress();
    if (!progress) return;
    for (const LogProgress& each : *progress) {
        const auto end = search_->ends.find(each.partition);
        if (end == search_->ends.end() || each.given < end->second) continue;
        search_->ends.erase(end);
        search_->passed.insert(wire::source_of(each.partition));
        search_->next = *missing;
    }
}

bool LogSearch::begin(LogConsumer& consumer, std::int64_t first) {
    const auto groups = store_.groups();
    if (!groups) return false;
    std::int64_t checkpoint = 0;
    for (const GroupPosition& group : *groups) {
        if (group.group == relay_group) checkpoint = group.position;
    }
    if (checkpoint < first) return false;
    const auto progress = consumer.progress();
    if (!progress || progress->empty()) return false;
    search_.emplace(Search{checkpoint, {}, {}, checkpoint + 1, 0});
    for (const LogProgress& each : *progress) search_->ends[each.partition] = each.end;
    return true;
}

LogSearch::Range LogSearch::range(std::int64_t cursor) const {
    if (!search_) return {};
    return {search_->next, std::min(search_->checkpoint, cursor)};
}

bool LogSearch::has_passed(const std::string& source) const {
    return search_ && search_->passed.contains(source);
}

void LogSearch::advance(std::int64_t last, std::size_t taken) {
    search_->next = last + 1;
    search_->taken += taken;
}

std::optional<LogSearch::Found> LogSearch::finish() {
    if (!search_ || !search_->ends.empty() || search_->next <= search_->checkpoint) {
        return std::nullopt;
    }
    const Found found{search_->taken, search_->checkpoint};
    fruitless_searches_ =
        found.taken > 0 ? 0 : std::min(fruitless_searches_ + 1, max_fruitless_searches);
    search_.reset();
    return found;
}

void LogSearch::reset() {
    search_.reset();
    fruitless_searches_ = 0;
}

}  // namespace quipu
