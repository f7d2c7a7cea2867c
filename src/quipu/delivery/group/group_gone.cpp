// SPDX-License-Identifier: Apache-2.0
// What a log does not bring any more: its retention was shorter than the group's absence, the
// topics are others than before, or the broker refused the event. The store has it all the same.
#include <algorithm>
#include <utility>

#include "group.hpp"
#include "quipu/delivery/log/wire.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

namespace {

constexpr int longest_in_vain = 6;  // each time twice the pause
constexpr int rounds_at_once = 4;

}  // namespace

/// No time can tell, for the group may have hours of work before it. But what the log was given up
/// to the relay's mark stands before the ends that its partitions have after that. A member that
/// has passed the end of a partition and has not met a record that belongs there will not meet it.
void DeliveryRuntime::Group::look_for_gone() {
    const auto now = Clock::now();
    if (now < next_look_ || !held_.empty()) return;
    next_look_ = now + options_.log_patience * (search_ ? 1 : 1 << in_vain_);
    std::vector<std::int64_t> awaited;
    {
        const std::lock_guard lock(mutex_);
        awaited = awaited_.positions();
    }
    const auto first = std::ranges::find_if(
        awaited, [&](std::int64_t position) { return !early_.contains(position); });
    if (first == awaited.end()) {
        search_.reset();
        first_missing_ = in_vain_ = 0;
        return;
    }
    const bool moved = std::exchange(first_missing_, *first) != *first;
    if (!search_ && (moved || !begin_search(*first))) return;
    if (unread() > 0) return;
    const auto progress = consumer_->progress();
    if (!progress) return;
    for (const LogProgress& each : *progress) {
        const auto end = search_->ends.find(each.partition);
        if (end == search_->ends.end() || each.given < end->second) continue;
        search_->ends.erase(end);
        search_->passed.insert(wire::source_of(each.partition));
        search_->next = *first;
    }
}

bool DeliveryRuntime::Group::begin_search(std::int64_t first) {
    const auto groups = store_.groups();
    if (!groups) return false;
    std::int64_t mark = 0;
    for (const GroupPosition& group : *groups) {
        if (group.group == relay_group) mark = group.position;
    }
    if (mark < first) return false;
    const auto progress = consumer_->progress();
    if (!progress || progress->empty()) return false;
    search_.emplace(Search{mark, {}, {}, mark + 1});
    for (const LogProgress& each : *progress) search_->ends[each.partition] = each.end;
    return true;
}

std::string DeliveryRuntime::Group::belongs_to(const Record& record) const {
    if (wire::is_ingested(record)) return wire::source_of_ingested(record);
    const auto partition = consumer_->partition_of(record.event_type, record.key);
    return partition ? wire::source_of(*partition) : std::string{};
}

std::int64_t DeliveryRuntime::Group::unread() {
    const std::lock_guard lock(mutex_);
    return search_ ? std::min(search_->mark, cursor_) - search_->next + 1 : 0;
}

void DeliveryRuntime::Group::take_gone() {
    // The log must be polled in between.
    for (int round = 0; round < rounds_at_once && unread() > 0; ++round) {
        std::size_t room = 0;
        {
            const std::lock_guard lock(mutex_);
            const std::size_t most = binding_.options.max_in_flight;
            room = most - std::min(most, outstanding_.size());
            if (stopping_) return;
        }
        if (room == 0) return;
        auto batch = store_.read(search_->next - 1, std::min(room, poll_batch));
        if (!batch) {
            wait_after(batch.error());
            return;
        }
        const std::int64_t limit = search_->next + unread() - 1;
        const std::int64_t last = batch->empty() ? limit : std::min(limit, batch->back()->position);
        {
            const std::lock_guard lock(mutex_);
            // What was taken out of the store counts as finished.
            for (const std::int64_t position : awaited_.between(search_->next, last)) {
                const auto at = std::ranges::find(*batch, position, &Record::position);
                if (at == batch->end() && !early_.contains(position)) finished_here(position);
            }
            std::erase_if(*batch, [&](const RecordPtr& record) {
                const std::int64_t position = record->position;
                return position > last || !awaited_.contains(position) ||
                       early_.contains(position) || !search_->passed.contains(belongs_to(*record));
            });
        }
        const auto taken = accept_stored(*batch);
        if (!taken) return;
        search_->taken += *taken;
        search_->next = last + 1;
    }
    if (!search_ || !search_->ends.empty() || search_->next <= search_->mark) return;
    if (search_->taken > 0) {
        notice(DeliveryNotice::Level::warning, nullptr,
               std::to_string(search_->taken) + " events up to position " +
                   std::to_string(search_->mark) +
                   " are not in the log any more and were taken from the store");
    }
    in_vain_ = search_->taken > 0 ? 0 : std::min(in_vain_ + 1, longest_in_vain);
    search_.reset();
}

void DeliveryRuntime::Group::take_predecessors() {
    std::set<std::int64_t> firsts;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [position, arrival] : early_) {
            const auto key = awaited_.key_of(position);
            if (key != nullptr) firsts.insert(awaited_.first_of(*key));
            if (firsts.size() >= poll_batch) break;
        }
    }
    std::vector<RecordPtr> records;
    for (const std::int64_t position : firsts) {
        auto stored = store_.at(position);
        if (!stored) {
            wait_after(stored.error());
            return;
        }
        if (*stored) {
            records.push_back(std::make_shared<const Record>(std::move(**stored)));
        } else {
            const std::lock_guard lock(mutex_);
            finished_here(position);
        }
    }
    notice(DeliveryNotice::Level::warning, nullptr,
           std::to_string(early_.size()) +
               " events wait for earlier ones of their keys, which the log has not brought; those "
               "are taken from the store");
    static_cast<void>(accept_stored(records));
}

std::optional<std::size_t> DeliveryRuntime::Group::accept_stored(
    const std::vector<RecordPtr>& records) {
    std::vector<std::int64_t> positions;
    {
        const std::lock_guard lock(mutex_);
        for (const RecordPtr& record : records) {
            const std::int64_t position = record->position;
            if (awaited_.contains(position) && !early_.contains(position)) {
                positions.push_back(position);
            }
        }
    }
    const auto unfinished = store_.unfinished(name_, positions);
    if (!unfinished) {
        wait_after(unfinished.error());
        return std::nullopt;
    }
    const std::set<std::int64_t> left(unfinished->begin(), unfinished->end());
    std::vector<RecordPtr> behind;
    {
        const std::lock_guard lock(mutex_);
        for (const RecordPtr& record : records) {
            const std::int64_t position = record->position;
            if (!awaited_.contains(position) || early_.contains(position)) continue;
            if (!left.contains(position)) {
                awaited_.remove(position);
                continue;
            }
            Arrival arrival{record, {}, {}};
            places_.add_without_place(position, belongs_to(*record));
            if (awaited_.before(position, order_of(*record))) {
                early_.emplace(position, std::move(arrival));
            } else if (!admit(arrival)) {
                behind.push_back(record);
            }
        }
        changed_.notify_all();
    }
    arrived_ = Clock::now();
    for (const RecordPtr& record : behind) park_behind(record);
    return left.size();
}

}  // namespace quipu
