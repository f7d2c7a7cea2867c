// SPDX-License-Identifier: Apache-2.0
// How a group reads the topics of a log beside the store. Work comes from the log, shared with the
// group's members in other processes; the store knows what is finished, whichever of them did it.
#include <algorithm>
#include <set>
#include <utility>

#include "group.hpp"
#include "quipu/delivery/log/wire.hpp"

namespace quipu {

namespace {

// Records out of order beyond this number keep no body and are read from the store again.
constexpr std::size_t max_out_of_order_bodies = 4096;
constexpr std::chrono::milliseconds poll_wait{20};
constexpr std::chrono::milliseconds error_wait{500};
// A handler that runs longer still keeps its effects if it commits before the partition's next
// owner does; otherwise its work was in vain.
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
    return {};
}

void DeliveryRuntime::Group::fall_back_to_dynamic_membership(const Error& error) {
    // Another process has the name, or the broker mistook an earlier start of this one for another.
    // Without a name both can work, and the group does not stop.
    notice(DeliveryNotice::Level::warning, nullptr,
           error.message + "; this process continues as a dynamic member, without its name");
    consumer_->close();
    auto made = make_consumer(false);
    if (!made) {
        back_off(made.error());
        return;
    }
    {
        const MutexLock lock(mutex_);
        consumer_.swap(*made);
    }
    made->reset();
}

void DeliveryRuntime::Group::log_loop() {
    bool paused = false;
    while (true) {
        std::size_t room = 0;
        {
            const MutexLock lock(mutex_);
            if (stopping_) break;
            const std::size_t most = binding_.options.max_in_flight;
            room = most - std::min(most, outstanding_.size());
            // Resuming fetches again, so it waits until that is worthwhile.
            if (paused && room < (most + 1) / 2) room = 0;
        }
        const bool full = room == 0 || !polled_.empty();
        if (full != paused) consumer_->pause(paused = full);
        auto batch = consumer_->poll(poll_wait, full ? 1 : std::min(room, poll_batch));
        if (!batch) {
            if (batch.error().code == ErrorCode::conflict) {
                fall_back_to_dynamic_membership(batch.error());
                paused = false;
            } else {
                back_off(batch.error());
            }
            continue;
        }
        std::ranges::move(*batch, std::back_inserter(polled_));
        if (!polled_.empty()) ingest_polled();
        scan_store();
        refresh();
        detect_missing_records();
        backfill_from_store();
        release_out_of_order();
        const bool ended = polled_.empty() && consumer_->at_end();
        const MutexLock lock(mutex_);
        read_to_end_ = ended;
    }
    end_log();
}

void DeliveryRuntime::Group::back_off(const Error& error) {
    MutexLock lock(mutex_);
    problem_ = error.message;
    changed_.wait_for(mutex_, error_wait, [&]() QUIPU_REQUIRES(mutex_) { return stopping_; });
}

void DeliveryRuntime::Group::ingest_polled() {
    // The records stay in polled_ until the store has answered for all of them.
    auto arrivals = take_in(store_, types_, polled_, options_.world.now());
    if (!arrivals) {
        back_off(arrivals.error());
        return;
    }
    std::vector<std::int64_t> unknown;
    {
        const MutexLock lock(mutex_);
        for (const Arrival& arrival : *arrivals) {
            if (!outstanding_.contains(arrival.record->position)) {
                unknown.push_back(arrival.record->position);
            }
        }
    }
    auto unfinished = store_.unfinished(name_, unknown);
    if (!unfinished) {
        back_off(unfinished.error());
        return;
    }
    // What comes before them in the store must be known first.
    scan_store();
    polled_.clear();
    accept_arrivals(*arrivals, {unfinished->begin(), unfinished->end()});
}

void DeliveryRuntime::Group::accept_arrivals(std::vector<Arrival>& arrivals,
                                             const std::set<std::int64_t>& unfinished) {
    std::vector<RecordPtr> behind;
    {
        const MutexLock lock(mutex_);
        for (Arrival& arrival : arrivals) {
            const std::int64_t position = arrival.record->position;
            if (outstanding_.contains(position) || out_of_order_.contains(position)) {
                places_.add(position, arrival.place);
                continue;
            }
            if (!unfinished.contains(position)) {
                consumer_->finished(arrival.place.partition, arrival.place.offset);
                continue;
            }
            places_.add(position, arrival.place);
            if (!known_up_to(position) ||
                predecessors_.before(position, order_of(*arrival.record))) {
                predecessors_.add(position, order_of(*arrival.record));
                // A refused record is stored under its place in the log; there are few of them.
                if (out_of_order_.size() >= max_out_of_order_bodies) arrival.record.reset();
                out_of_order_.emplace(position, std::move(arrival));
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
    predecessors_.remove(position);
    if (!arrival.refusal.empty()) {
        refusals_[position] = HandlerFailure{std::move(arrival.refusal), true};
    }
    return lanes_.add(arrival.record);
}

void DeliveryRuntime::Group::partitions_assigned(const std::vector<LogPartition>& partitions) {
    {
        const MutexLock lock(mutex_);
        for (const LogPartition& partition : partitions) {
            sources_.insert(wire::source_of(partition));
        }
    }
    search_.reset();
    fruitless_searches_ = 0;
    if (!load_parked()) next_refresh_ = {};
}

void DeliveryRuntime::Group::partitions_revoked(const std::set<LogPartition>& partitions,
                                                bool lost) {
    std::erase_if(polled_, [&](const ReceivedRecord& record) {
        return partitions.contains(record.partition());
    });
    search_.reset();
    std::set<std::string> gone;
    for (const LogPartition& partition : partitions) gone.insert(wire::source_of(partition));

    MutexLock lock(mutex_);
    for (const std::string& source : gone) sources_.erase(source);
    // Records that have not begun are left to the next owner, unless a partition of ours has them,
    // too.
    std::map<std::int64_t, std::string> waiting;
    static_cast<void>(lanes_.remove_waiting([&](const Record& record) {
        if (places_.forget(partitions, {record.position}).empty()) return false;
        waiting.emplace(record.position, order_of(record));
        return true;
    }));
    std::set<std::int64_t> positions;
    for (const auto& [position, arrival] : out_of_order_) positions.insert(position);
    for (const std::int64_t position : places_.forget(partitions, positions))
        out_of_order_.erase(position);
    for (const auto& [position, key] : waiting) {
        outstanding_.erase(position);
        refusals_.erase(position);
        if (position <= cursor_) predecessors_.add(position, key);
    }
    const auto until = Clock::now() + (lost ? std::chrono::seconds{0} : revoke_wait);
    changed_.wait_until(mutex_, until, [&]() QUIPU_REQUIRES(mutex_) {
        const bool over = stopping_ && running_threads_ == 1 && pending_commits_ == 0;
        return over || !places_.any_in(partitions);
    });
    changed_.wait_until(mutex_, until, [&]() QUIPU_REQUIRES(mutex_) {
        return lanes_.remove_parked(
            [&](const Parked& entry) { return gone.contains(entry.source); });
    });
    changed_.notify_all();
}

void DeliveryRuntime::Group::end_log() {
    flush_skipped(true);
    {
        // Offsets in the log may only cover what the store has committed.
        MutexLock lock(mutex_);
        changed_.wait_for(mutex_, close_wait, [&]() QUIPU_REQUIRES(mutex_) {
            return running_threads_ == 1 && pending_commits_ == 0;
        });
    }
    consumer_->close();
    const MutexLock lock(mutex_);
    --running_threads_;
    changed_.notify_all();
}

void DeliveryRuntime::Group::finished_here(std::int64_t position) {
    outstanding_.erase(position);
    if (consumer_ == nullptr) return;
    if (position > cursor_) {
        finished_above_.insert(position);
    } else {
        predecessors_.remove(position);
    }
    finish_in_log(position);
}

void DeliveryRuntime::Group::finish_in_log(std::int64_t position) {
    for (const LogPlace& place : places_.take(position)) {
        consumer_->finished(place.partition, place.offset);
    }
}

bool DeliveryRuntime::Group::finished_elsewhere(std::int64_t position) {
    {
        const MutexLock lock(mutex_);
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
