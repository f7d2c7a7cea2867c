// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/relay.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "relay_impl.hpp"

namespace quipu {

namespace {

constexpr std::chrono::milliseconds look_again{5};
constexpr std::size_t letters_looked_at = 1000;

}  // namespace

Relay::Relay(Store& store, TopicLog& log, RelayOptions options)
    : impl_(std::make_shared<Impl>(store, log, std::move(options))) {}

Relay::~Relay() {
    impl_->stop(std::chrono::seconds{10});
}

Result<void> Relay::start() {
    return impl_->start();
}

void Relay::stop(std::chrono::milliseconds deadline) {
    impl_->stop(deadline);
}

bool Relay::wait_published(std::int64_t position, std::chrono::milliseconds timeout) {
    return impl_->wait_published(position, timeout);
}

RelayStatus Relay::status() const {
    return impl_->status();
}

Relay::Impl::Impl(Store& store, TopicLog& log, RelayOptions options)
    : store_(store), log_(log), options_(std::move(options)), lease_(store, options_.lease) {}

Result<void> Relay::Impl::start() {
    // Known to the store from now on, so that nothing is purged before it was published.
    auto position = store_.open_group(group_, true);
    if (!position) return std::unexpected(std::move(position.error()));
    mark_ = position->position;
    publishing_ = true;
    publisher_ = std::thread([self = shared_from_this()] { self->publish_loop(); });
    marker_ = std::thread([self = shared_from_this()] { self->mark_loop(); });
    return {};
}

void Relay::Impl::stop(std::chrono::milliseconds deadline) {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    store_.wake();
    {
        std::unique_lock lock(mutex_);
        const bool ended = changed_.wait_for(lock, deadline, [&] { return !publishing_; });
        lock.unlock();
        // It waits for room in the log's queue while the broker is away. The store has it all.
        if (!ended) log_.purge();
    }
    if (publisher_.joinable()) publisher_.join();
    if (!marker_.joinable()) return;
    marker_.join();
    if (!lease_.held()) return;
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, deadline, [&] { return again_ == sent_.size(); });
    }
    // Dead letters are stored in parts.
    for (std::size_t before = 0, left = SIZE_MAX; left > 0 && left != before;) {
        before = left;
        move_mark();
        const std::lock_guard lock(mutex_);
        left = letters_.size();
    }
    lease_.release();
    const std::lock_guard lock(mutex_);
    ++term_;
    active_ = false;
}

bool Relay::Impl::wait_published(std::int64_t position, std::chrono::milliseconds timeout) {
    const auto until = Clock::now() + timeout;
    while (true) {
        if (const auto left = store_.unfinished(group_, {position}); left && left->empty()) break;
        std::unique_lock lock(mutex_);
        if (stopping_ || Clock::now() >= until) return false;
        ++waiting_for_mark_;
        changed_.notify_all();
        changed_.wait_until(lock, std::min(until, Clock::now() + look_again),
                            [&] { return stopping_ || mark_ >= position; });
        --waiting_for_mark_;
    }
    // What the log does not take is finished, too, as a dead letter.
    const auto letters =
        store_.dead_letters(group_, DeadLetter::Status::open, 0, letters_looked_at);
    return letters && std::ranges::none_of(*letters, [&](const DeadLetter& letter) {
               return letter.record->position == position;
           });
}

RelayStatus Relay::Impl::status() const {
    RelayStatus status;
    {
        const std::lock_guard lock(mutex_);
        status.active = active_;
        status.position = mark_;
        status.published = published_;
        status.problem = problem_;
    }
    if (!status.active) {
        // Another process moves the mark.
        if (const auto groups = store_.groups()) {
            for (const GroupPosition& each : *groups) {
                if (each.group == group_) status.position = each.position;
            }
        }
    }
    status.lag = store_.count_beyond(status.position, {}).value_or(0);
    if (status.lag == 0) return status;
    if (const auto oldest = store_.read(status.position, 1); oldest && !oldest->empty()) {
        const auto age = options_.world.now() - oldest->front()->stored_at;
        status.lag_time = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(age),
                                   std::chrono::milliseconds{0});
    }
    return status;
}

}  // namespace quipu
