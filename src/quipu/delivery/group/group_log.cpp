// SPDX-License-Identifier: Apache-2.0
// How a group reads the topics of a log beside the store. Work comes from the log, shared with the
// group's members in other processes; the store says what is finished, whichever of them did it.
#include <algorithm>
#include <set>
#include <utility>

#include "group.hpp"
#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

// Early ones beyond this number are read from the store again when their time comes.
constexpr std::size_t max_early_bodies = 4096;
constexpr std::chrono::milliseconds poll_wait{20};
constexpr std::chrono::milliseconds error_wait{500};
// A handler that runs longer keeps its effects all the same if it commits before the partition's
// next owner does; it only may have worked for nothing.
constexpr std::chrono::seconds revoke_wait{10};
constexpr std::chrono::seconds close_wait{30};

}  // namespace

Result<std::unique_ptr<LogConsumer>> DeliveryRuntime::Group::make_consumer(bool named) {
    LogConsumerOptions consumer;
    consumer.group = name_;
    consumer.event_types = subscribed_types_;
    consumer.from_earliest = binding_.options.start == Start::earliest;
    if (named && !options_.member.empty()) consumer.member = options_.member + '.' + name_;
    // The callbacks run within poll() and close(), on the reader's thread, which holds the group.
    consumer.assigned = [this](const std::vector<LogPartition>& partitions) {
        partitions_assigned(partitions);
    };
    consumer.revoked = [this](const std::vector<LogPartition>& partitions, bool lost) {
        partitions_revoked({partitions.begin(), partitions.end()}, lost);
    };
    return options_.log->consume(std::move(consumer));
}

Result<void> DeliveryRuntime::Group::open_consumer() {
    auto made = make_consumer(true);
    if (!made) return std::unexpected(std::move(made.error()));
    consumer_ = std::move(*made);
    read_to_end_ = false;
    return {};
}

void DeliveryRuntime::Group::give_up_name(const Error& error) {
    // Another process has the name, or the broker took what this one said before a new start for
    // another's. Without a name both can work, and the group does not stand still.
    notice(DeliveryNotice::Level::warning, nullptr,
           error.message + "; this member goes on without a name");
    consumer_->close();
    auto made = make_consumer(false);
    if (!made) {
        wait_after(made.error());
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        consumer_.swap(*made);
    }
    made->reset();
}

void DeliveryRuntime::Group::log_loop() {
    bool paused = false;
    while (true) {
        std::size_t room = 0;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) break;
            const std::size_t most = binding_.options.max_in_flight;
            room = most - std::min(most, outstanding_.size());
            // Resuming fetches anew, so it waits until it is worth it.
            if (paused && room < (most + 1) / 2) room = 0;
        }
        const bool full = room == 0 || !held_.empty();
        if (full != paused) consumer_->pause(paused = full);
        auto batch = consumer_->poll(poll_wait, full ? 1 : std::min(room, poll_batch));
        if (!batch) {
            if (batch.error().code == ErrorCode::conflict) {
                give_up_name(batch.error());
                paused = false;
            } else {
                wait_after(batch.error());
            }
            continue;
        }
        std::ranges::move(*batch, std::back_inserter(held_));
        if (!held_.empty()) take_held();
        skim();
        refresh();
        look_for_gone();
        take_gone();
        release_early();
        const bool ended = held_.empty() && consumer_->at_end();
        const std::lock_guard lock(mutex_);
        read_to_end_ = ended;
    }
    end_log();
}

void DeliveryRuntime::Group::wait_after(const Error& error) {
    std::unique_lock lock(mutex_);
    problem_ = error.message;
    changed_.wait_for(lock, error_wait, [&] { return stopping_; });
}

void DeliveryRuntime::Group::take_held() {
    // The records are kept until the store has answered for them all.
    auto arrivals = take_in(store_, types_, held_, options_.world.now());
    if (!arrivals) {
        wait_after(arrivals.error());
        return;
    }
    std::vector<std::int64_t> unknown;
    {
        const std::lock_guard lock(mutex_);
        for (const Arrival& arrival : *arrivals) {
            if (!outstanding_.contains(arrival.record->position)) {
                unknown.push_back(arrival.record->position);
            }
        }
    }
    auto unfinished = store_.unfinished(name_, unknown);
    if (!unfinished) {
        wait_after(unfinished.error());
        return;
    }
    // What stands before them in the store is known first.
    skim();
    held_.clear();
    accept_arrivals(*arrivals, {unfinished->begin(), unfinished->end()});
}

void DeliveryRuntime::Group::accept_arrivals(std::vector<Arrival>& arrivals,
                                             const std::set<std::int64_t>& unfinished) {
    std::vector<RecordPtr> behind;
    {
        const std::lock_guard lock(mutex_);
        for (Arrival& arrival : arrivals) {
            const std::int64_t position = arrival.record->position;
            if (outstanding_.contains(position) || early_.contains(position)) {
                places_.add(position, arrival.place);
                continue;
            }
            if (!unfinished.contains(position)) {
                consumer_->finished(arrival.place.partition, arrival.place.offset);
                continue;
            }
            places_.add(position, arrival.place);
            if (!known_up_to(position) || awaited_.before(position, order_of(*arrival.record))) {
                awaited_.add(position, order_of(*arrival.record));
                // A refused one stands in the store under its place, and is small in number.
                if (early_.size() >= max_early_bodies) arrival.record.reset();
                early_.emplace(position, std::move(arrival));
                continue;
            }
            const RecordPtr record = arrival.record;
            if (!admit(arrival)) behind.push_back(record);
        }
        changed_.notify_all();
    }
    arrived_ = Clock::now();
    for (const RecordPtr& record : behind) park_behind(record);
}

bool DeliveryRuntime::Group::admit(Arrival& arrival) {
    const std::int64_t position = arrival.record->position;
    if (outstanding_.empty()) progressed_ = Clock::now();
    outstanding_.insert(position);
    awaited_.remove(position);
    if (!arrival.refusal.empty()) {
        refused_[position] = Failure{std::move(arrival.refusal), true};
    }
    return lanes_.add(arrival.record);
}

void DeliveryRuntime::Group::partitions_assigned(const std::vector<LogPartition>& partitions) {
    {
        const std::lock_guard lock(mutex_);
        for (const LogPartition& partition : partitions) {
            sources_.insert(wire::source_of(partition));
        }
    }
    search_.reset();
    in_vain_ = 0;
    if (!adopt_parked()) next_refresh_ = {};
}

void DeliveryRuntime::Group::partitions_revoked(const std::set<LogPartition>& partitions,
                                                bool lost) {
    std::erase_if(held_, [&](const ReceivedRecord& record) {
        return partitions.contains(record.partition());
    });
    search_.reset();
    std::set<std::string> gone;
    for (const LogPartition& partition : partitions) gone.insert(wire::source_of(partition));

    std::unique_lock lock(mutex_);
    for (const std::string& source : gone) sources_.erase(source);
    // What is not begun is left to the next owner, unless it stands in a partition of ours, too.
    std::map<std::int64_t, std::string> waiting;
    static_cast<void>(lanes_.remove_waiting([&](const Record& record) {
        if (places_.forget(partitions, {record.position}).empty()) return false;
        waiting.emplace(record.position, order_of(record));
        return true;
    }));
    std::set<std::int64_t> early;
    for (const auto& [position, arrival] : early_) early.insert(position);
    for (const std::int64_t position : places_.forget(partitions, early)) early_.erase(position);
    for (const auto& [position, key] : waiting) {
        outstanding_.erase(position);
        refused_.erase(position);
        if (position <= cursor_) awaited_.add(position, key);
    }
    const auto until = Clock::now() + (lost ? std::chrono::seconds{0} : revoke_wait);
    changed_.wait_until(lock, until, [&] {
        const bool over = stopping_ && running_threads_ == 1 && pending_commits_ == 0;
        return over || !places_.any_in(partitions);
    });
    changed_.wait_until(lock, until, [&] {
        return lanes_.remove_parked(
            [&](const Parked& entry) { return gone.contains(entry.source); });
    });
    changed_.notify_all();
}

void DeliveryRuntime::Group::end_log() {
    flush_skipped(true);
    {
        // Only what is committed may be committed to the log.
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, close_wait,
                          [&] { return running_threads_ == 1 && pending_commits_ == 0; });
    }
    consumer_->close();
    const std::lock_guard lock(mutex_);
    --running_threads_;
    changed_.notify_all();
}

void DeliveryRuntime::Group::finished_here(std::int64_t position) {
    outstanding_.erase(position);
    if (consumer_ == nullptr) return;
    if (position > cursor_) {
        finished_above_.insert(position);
    } else {
        awaited_.remove(position);
    }
    give_back(position);
}

void DeliveryRuntime::Group::give_back(std::int64_t position) {
    for (const LogPlace& place : places_.take(position)) {
        consumer_->finished(place.partition, place.offset);
    }
}

bool DeliveryRuntime::Group::finished_elsewhere(std::int64_t position) {
    {
        const std::lock_guard lock(mutex_);
        if (consumer_ == nullptr || !conflicts_of_.contains(position)) return false;
    }
    const auto unfinished = store_.unfinished(name_, {position});
    return unfinished && unfinished->empty();
}

RecordPtr DeliveryRuntime::Group::original(const RecordPtr& record) {
    if (options_.log == nullptr) return record;
    auto stored = store_.at(record->position);
    if (!stored || !*stored) return record;
    return std::make_shared<const Record>(std::move(**stored));
}

}  // namespace quipu
