// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/stream.hpp"

#include <exception>
#include <utility>

#include "quipu/http/sse_codec.hpp"

namespace quipu {

SseStream::SseStream(std::shared_ptr<http::StreamHandle> handle) noexcept
    : handle_(std::move(handle)) {}

bool SseStream::push(const SseEvent& event) const {
    return handle_->core().push(http::encode_sse(event));
}
bool SseStream::wait_for_room(std::chrono::milliseconds timeout) const {
    return handle_->core().wait_for_room(timeout);
}
void SseStream::close() const {
    handle_->core().finish();
}
bool SseStream::closed() const {
    return handle_->core().closed();
}
void SseStream::on_drain(std::function<void()> callback) const {
    handle_->core().on_drain(std::move(callback));
}
void SseStream::wake() const {
    handle_->core().wake();
}
void SseStream::on_close(std::function<void()> callback) const {
    handle_->core().on_close(std::move(callback));
}

}  // namespace quipu

namespace quipu::http {

// A callback may hold the last handle of its own stream, and the handle's destructor locks the
// mutex. Callbacks are therefore never destroyed under the lock.

StreamCore::StreamCore(StreamContext context) : context_(std::move(context)) {}

bool StreamCore::push(std::string frame) {
    const MutexLock lock(queue_mutex_);
    if (phase_ != Phase::open) return false;
    const bool full =
        events_ + 1 > context_.events_max || bytes_ + frame.size() > context_.bytes_max;
    // An empty queue accepts any event: otherwise a client could never get past a large one.
    if (full && events_ > 0) {
        phase_ = Phase::overflowed;
        if (notify_) notify_();
        changed_.notify_all();
        return false;
    }
    ++events_;
    bytes_ += frame.size();
    frames_.push_back(std::move(frame));
    notify_connection();
    return true;
}

void StreamCore::finish() {
    const MutexLock lock(queue_mutex_);
    if (phase_ != Phase::open) return;
    phase_ = Phase::finishing;
    notify_connection();
    changed_.notify_all();
}

bool StreamCore::closed() {
    const MutexLock lock(queue_mutex_);
    return phase_ != Phase::open;
}

bool StreamCore::wait_for_room(std::chrono::milliseconds timeout) {
    const MutexLock lock(queue_mutex_);
    changed_.wait_for(queue_mutex_, timeout, [&]() QUIPU_REQUIRES(queue_mutex_) {
        return phase_ != Phase::open || has_room();
    });
    return phase_ == Phase::open && has_room();
}

bool StreamCore::has_room() const {
    return events_ <= context_.events_max / 2 && bytes_ <= context_.bytes_max / 2;
}

void StreamCore::on_drain(std::function<void()> callback) {
    auto fresh = std::make_shared<const std::function<void()>>(std::move(callback));
    const MutexLock lock(queue_mutex_);
    if (phase_ == Phase::over) return;
    on_drain_.swap(fresh);
    schedule_drain();
}

void StreamCore::wake() {
    const MutexLock lock(queue_mutex_);
    schedule_drain();
}

void StreamCore::on_close(std::function<void()> callback) {
    auto fresh = std::make_shared<const std::function<void()>>(std::move(callback));
    MutexLock lock(queue_mutex_);
    if (phase_ == Phase::over) {
        lock.unlock();
        call(*fresh);
        return;
    }
    on_close_.swap(fresh);
}

void StreamCore::attach(std::function<void()> notify) {
    const MutexLock lock(queue_mutex_);
    notify_ = std::move(notify);
    notified_ = true;
    notify_();
}

StreamCore::Batch StreamCore::take(std::size_t bytes_max) {
    const MutexLock lock(queue_mutex_);
    Batch batch;
    batch.overflow = phase_ == Phase::overflowed;
    while (!frames_.empty() &&
           (batch.bytes.empty() || batch.bytes.size() + frames_.front().size() <= bytes_max)) {
        batch.bytes += frames_.front();
        frames_.pop_front();
        ++events_in_flight_;
    }
    bytes_in_flight_ += batch.bytes.size();
    batch.last = phase_ == Phase::finishing && frames_.empty();
    notified_ = !batch.bytes.empty();
    return batch;
}

void StreamCore::written() {
    const MutexLock lock(queue_mutex_);
    events_ -= std::exchange(events_in_flight_, 0);
    bytes_ -= std::exchange(bytes_in_flight_, 0);
    schedule_drain();
    changed_.notify_all();
}

bool StreamCore::overflowed() {
    const MutexLock lock(queue_mutex_);
    return phase_ == Phase::overflowed;
}

void StreamCore::end() {
    Callback drain;
    std::function<void()> notify;
    MutexLock lock(queue_mutex_);
    if (std::exchange(phase_, Phase::over) == Phase::over) return;
    notify.swap(notify_);
    drain.swap(on_drain_);
    frames_.clear();
    changed_.notify_all();
    if (draining_) {
        close_due_ = true;
        return;
    }
    const auto close = std::exchange(on_close_, nullptr);
    lock.unlock();
    if (!close) return;
    if (!context_.run([self = shared_from_this(), close] { self->call(*close); })) {
        call(*close);
    }
}

void StreamCore::notify_connection() {
    if (notify_ && !std::exchange(notified_, true)) notify_();
}

void StreamCore::schedule_drain() {
    if (phase_ != Phase::open || !on_drain_ || events_ > 0) return;
    if (std::exchange(draining_, true)) {
        drain_again_ = true;
        return;
    }
    draining_ = context_.run([self = shared_from_this()] { self->run_drain(); });
}

void StreamCore::run_drain() {
    Callback callback;
    Callback close;
    MutexLock lock(queue_mutex_);
    drain_again_ = false;
    if (phase_ == Phase::open) callback = on_drain_;
    lock.unlock();
    if (callback) call(*callback);
    lock.lock();
    draining_ = false;
    if (std::exchange(drain_again_, false)) schedule_drain();
    if (std::exchange(close_due_, false)) close.swap(on_close_);
    lock.unlock();
    if (close) call(*close);
}

void StreamCore::call(const std::function<void()>& callback) noexcept {
    try {
        callback();
        return;
    } catch (const std::exception& error) {
        context_.report(error.what());
    } catch (...) {
        context_.report("a callback threw something other than a std::exception");
    }
    finish();
}

}  // namespace quipu::http
