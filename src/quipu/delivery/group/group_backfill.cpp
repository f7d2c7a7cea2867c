// SPDX-License-Identifier: Apache-2.0
// Records that the log no longer brings: its retention was shorter than the group's absence, the
// topics were created anew, or the broker refused the event. The store still has them.
#include <algorithm>
#include <utility>

#include "group.hpp"
#include "quipu/delivery/log/wire.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

namespace {

constexpr int max_fruitless_searches = 6;  // each of them doubles the pause before the next
constexpr int max_rounds = 4;

}  // namespace

// A timeout could not tell, since the group may have hours of work ahead. But everything that the
// log was given up to the relay's checkpoint stands before the ends that the partitions have after
// that. A member that has passed the end of a partition without meeting a record that belongs there
// will not meet it.
void DeliveryRuntime::Group::detect_missing_records() {
    const auto now = Clock::now();
    if (now < next_search_ || !polled_.empty()) return;
    next_search_ = now + options_.log_patience * (search_ ? 1 : 1 << fruitless_searches_);
    std::vector<std::int64_t> awaited;
    {
        const MutexLock lock(mutex_);
        awaited = predecessors_.positions();
    }
    const auto first = std::ranges::find_if(
        awaited, [&](std::int64_t position) { return !out_of_order_.contains(position); });
    if (first == awaited.end()) {
        search_.reset();
        first_missing_ = fruitless_searches_ = 0;
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
    std::int64_t checkpoint = 0;
    for (const GroupPosition& group : *groups) {
        if (group.group == relay_group) checkpoint = group.position;
    }
    if (checkpoint < first) return false;
    const auto progress = consumer_->progress();
    if (!progress || progress->empty()) return false;
    search_.emplace(Search{checkpoint, {}, {}, checkpoint + 1});
    for (const LogProgress& each : *progress) search_->ends[each.partition] = each.end;
    return true;
}

std::string DeliveryRuntime::Group::source_for(const Record& record) const {
    if (wire::is_ingested(record)) return wire::source_of_ingested(record);
    const auto partition = consumer_->partition_of(record.event_type, record.key);
    return partition ? wire::source_of(*partition) : std::string{};
}

std::int64_t DeliveryRuntime::Group::unread() {
    const MutexLock lock(mutex_);
    return search_ ? std::min(search_->checkpoint, cursor_) - search_->next + 1 : 0;
}

void DeliveryRuntime::Group::backfill_from_store() {
    // The log must be polled in between, so this is done in rounds.
    for (int round = 0; round < max_rounds && unread() > 0; ++round) {
        std::size_t room = 0;
        {
            const MutexLock lock(mutex_);
            const std::size_t most = binding_.options.max_in_flight;
            room = most - std::min(most, outstanding_.size());
            if (stopping_) return;
        }
        if (room == 0) return;
        auto batch = store_.read(search_->next - 1, std::min(room, poll_batch));
        if (!batch) {
            back_off(batch.error());
            return;
        }
        const std::int64_t limit = search_->next + unread() - 1;
        const std::int64_t last = batch->empty() ? limit : std::min(limit, batch->back()->position);
        {
            const MutexLock lock(mutex_);
            // What was removed from the store counts as finished.
            for (const std::int64_t position : predecessors_.between(search_->next, last)) {
                const auto at = std::ranges::find(*batch, position, &Record::position);
                if (at == batch->end() && !out_of_order_.contains(position))
                    finished_here(position);
            }
            std::erase_if(*batch, [&](const RecordPtr& record) QUIPU_REQUIRES(mutex_) {
                const std::int64_t position = record->position;
                return position > last || !predecessors_.contains(position) ||
                       out_of_order_.contains(position) ||
                       !search_->passed.contains(source_for(*record));
            });
        }
        const auto taken = accept_from_store(*batch);
        if (!taken) return;
        search_->taken += *taken;
        search_->next = last + 1;
    }
    if (!search_ || !search_->ends.empty() || search_->next <= search_->checkpoint) return;
    if (search_->taken > 0) {
        notice(DeliveryNotice::Level::warning, nullptr,
               std::to_string(search_->taken) + " events up to position " +
                   std::to_string(search_->checkpoint) +
                   " are no longer in the log and were read from the store");
    }
    fruitless_searches_ =
        search_->taken > 0 ? 0 : std::min(fruitless_searches_ + 1, max_fruitless_searches);
    search_.reset();
}

void DeliveryRuntime::Group::take_predecessors() {
    std::set<std::int64_t> firsts;
    {
        const MutexLock lock(mutex_);
        for (const auto& [position, arrival] : out_of_order_) {
            const auto key = predecessors_.key_of(position);
            if (key != nullptr) firsts.insert(predecessors_.first_of(*key));
            if (firsts.size() >= poll_batch) break;
        }
    }
    std::vector<RecordPtr> records;
    for (const std::int64_t position : firsts) {
        auto stored = store_.at(position);
        if (!stored) {
            back_off(stored.error());
            return;
        }
        if (*stored) {
            records.push_back(std::make_shared<const Record>(std::move(**stored)));
        } else {
            const MutexLock lock(mutex_);
            finished_here(position);
        }
    }
    notice(DeliveryNotice::Level::warning, nullptr,
           std::to_string(out_of_order_.size()) +
               " events wait for earlier ones of their keys, which the log has not brought; those "
               "are now read from the store");
    static_cast<void>(accept_from_store(records));
}

std::optional<std::size_t> DeliveryRuntime::Group::accept_from_store(
    const std::vector<RecordPtr>& records) {
    std::vector<std::int64_t> positions;
    {
        const MutexLock lock(mutex_);
        for (const RecordPtr& record : records) {
            const std::int64_t position = record->position;
            if (predecessors_.contains(position) && !out_of_order_.contains(position)) {
                positions.push_back(position);
            }
        }
    }
    const auto unfinished = store_.unfinished(name_, positions);
    if (!unfinished) {
        back_off(unfinished.error());
        return std::nullopt;
    }
    const std::set<std::int64_t> left(unfinished->begin(), unfinished->end());
    std::vector<RecordPtr> behind;
    {
        const MutexLock lock(mutex_);
        for (const RecordPtr& record : records) {
            const std::int64_t position = record->position;
            if (!predecessors_.contains(position) || out_of_order_.contains(position)) continue;
            if (!left.contains(position)) {
                predecessors_.remove(position);
                continue;
            }
            Arrival arrival{record, {}, {}};
            places_.add_without_place(position, source_for(*record));
            if (predecessors_.before(position, order_of(*record))) {
                out_of_order_.emplace(position, std::move(arrival));
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
