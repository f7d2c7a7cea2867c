// SPDX-License-Identifier: Apache-2.0
#include "group.hpp"

#include <algorithm>
#include <random>

namespace quipu {

namespace {

std::function<double()> seeded_random() {
    return [engine = std::mt19937_64{std::random_device{}()}]() mutable {
        return std::uniform_real_distribution<double>{0.0, 1.0}(engine);
    };
}

std::size_t thread_count(const GroupOptions& options) {
    return options.serial ? 1 : std::max<std::size_t>(1, options.parallelism);
}

}  // namespace

DeliveryRuntime::Group::Group(Store& store, const EventTypes& types, GroupBinding binding,
                              std::shared_ptr<const RuntimeOptions> options)
    : store_(store),
      types_(types),
      binding_(std::move(binding)),
      shared_options_(std::move(options)),
      options_(*shared_options_),
      name_(binding_.group),
      threads_(thread_count(binding_.options)),
      ticks_(binding_.tick != nullptr && binding_.options.tick_interval.count() > 0),
      random_(options_.world.random ? options_.world.random : seeded_random()) {
    for (const Subscription& subscription : binding_.subscriptions) {
        subscriptions_.emplace(subscription.event_type, &subscription);
        subscribed_types_.emplace_back(subscription.event_type);
    }
}

Result<void> DeliveryRuntime::Group::open() {
    auto position = store_.open_group(name_, binding_.options.start == Start::earliest);
    if (!position) return std::unexpected(std::move(position.error()));
    if (options_.log != nullptr && !subscribed_types_.empty()) {
        {
            const MutexLock lock(mutex_);
            cursor_ = position->position;
            finished_above_.insert(position->finished_above.begin(),
                                   position->finished_above.end());
            read_to_end_ = false;
        }
        // What is parked comes with the partitions.
        return open_consumer();
    }
    auto parked = store_.parked(name_);
    if (!parked) return std::unexpected(std::move(parked.error()));
    const MutexLock lock(mutex_);
    cursor_ = position->position;
    finished_above_.insert(position->finished_above.begin(), position->finished_above.end());
    for (Parked& entry : *parked) lanes_.add_parked(std::move(entry));
    return {};
}

void DeliveryRuntime::Group::start() {
    const MutexLock lock(mutex_);
    running_threads_ = threads_ + 1;
    const auto now = Clock::now();
    next_tick_ = now;
    progressed_ = now;
    reader_ = std::thread([self = shared_from_this()] {
        if (self->consumer_ != nullptr) {
            self->log_loop();
        } else {
            self->read_loop();
        }
    });
    for (std::size_t index = 0; index < threads_; ++index) {
        workers_.emplace_back([self = shared_from_this()] { self->work_loop(); });
    }
}

void DeliveryRuntime::Group::request_stop() {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
}

bool DeliveryRuntime::Group::join(Clock::time_point deadline) {
    bool finished = true;
    {
        MutexLock lock(mutex_);
        finished = changed_.wait_until(mutex_, deadline, [&]() QUIPU_REQUIRES(mutex_) {
            return running_threads_ == 0 && pending_commits_ == 0;
        });
    }
    const auto end = [&](std::thread& thread) {
        if (!thread.joinable()) return;
        // A handler that does not return keeps its thread, and each thread keeps the group.
        if (finished) {
            thread.join();
        } else {
            thread.detach();
        }
    };
    end(reader_);
    for (std::thread& worker : workers_) end(worker);
    return finished;
}

bool DeliveryRuntime::Group::idle_at(std::int64_t position) const {
    const MutexLock lock(mutex_);
    return read_to_end_ && cursor_ >= position && outstanding_.empty() && predecessors_.empty() &&
           pending_commits_ == 0;
}

void DeliveryRuntime::Group::requeued(const DeadLetter& letter) {
    const MutexLock lock(mutex_);
    // Where the group's members share a log, the one that has the partition takes it.
    if (consumer_ != nullptr && !letter.source.empty() && !sources_.contains(letter.source)) return;
    Parked parked = parked_behind(*letter.record);
    parked.source = letter.source;
    if (!lanes_.holds_parked(parked)) lanes_.add_parked(std::move(parked));
    changed_.notify_all();
}

Parked DeliveryRuntime::Group::parked_behind(const Record& record) const {
    return {name_,      record.position,
            record.key, options_.world.now(),
            {},         places_.source(record.position)};
}

GroupStatus DeliveryRuntime::Group::status() const {
    GroupStatus status;
    {
        const MutexLock lock(mutex_);
        status.group = name_;
        status.position = cursor_;
        if (!outstanding_.empty()) {
            status.position = std::min(status.position, *outstanding_.begin() - 1);
        }
        if (!predecessors_.empty())
            status.position = std::min(status.position, predecessors_.first() - 1);
        status.in_flight = outstanding_.size();
        status.parked = lanes_.parked();
        status.handled = handled_;
        status.failed = failed_;
        status.dead_lettered = letters_;
        status.conflicts = conflicts_;
        status.problem = problem_;
        if (!outstanding_.empty()) {
            status.since_progress =
                std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - progressed_);
        }
    }
    status.lag = store_.count_beyond(status.position, subscribed_types_).value_or(0);
    return status;
}

}  // namespace quipu
