// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "quipu/base/mutex.hpp"
#include "quipu/http/sse.hpp"

namespace quipu::http {

/// The functions of the server that a stream uses.
struct StreamContext {
    std::size_t events_max = 1024;
    std::size_t bytes_max = 1 << 20;
    /// Runs a callback on a handler thread, never on this one; false if the pool has stopped.
    std::function<bool(std::function<void()>)> run;
    std::function<void(std::string_view)> report;  ///< reports an exception of a callback
};

/// The queue between a stream's producer (any thread) and its connection (one thread). At most one
/// callback of a stream is running or scheduled.
class StreamCore : public std::enable_shared_from_this<StreamCore> {
  public:
    explicit StreamCore(StreamContext context);

    // For the producer: see SseStream.
    bool push(std::string frame) QUIPU_EXCLUDES(queue_mutex_);
    void finish() QUIPU_EXCLUDES(queue_mutex_);
    [[nodiscard]] bool closed() QUIPU_EXCLUDES(queue_mutex_);
    [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout)
        QUIPU_EXCLUDES(queue_mutex_);
    void on_drain(std::function<void()> callback) QUIPU_EXCLUDES(queue_mutex_);
    void wake() QUIPU_EXCLUDES(queue_mutex_);
    void on_close(std::function<void()> callback) QUIPU_EXCLUDES(queue_mutex_);

    // For the connection.
    /// `notify` is called under a lock when take() may have something to return; must not block.
    void attach(std::function<void()> notify) QUIPU_EXCLUDES(queue_mutex_);
    struct Batch {
        std::string bytes;
        bool last = false;      ///< nothing follows
        bool overflow = false;  ///< the peer was too slow: the connection must be closed
    };
    /// Removes bytes from the queue, at least one event unless it is empty. If `bytes` is not
    /// empty, call written() before the next take().
    [[nodiscard]] Batch take(std::size_t bytes_max) QUIPU_EXCLUDES(queue_mutex_);
    void written() QUIPU_EXCLUDES(queue_mutex_);
    [[nodiscard]] bool overflowed() QUIPU_EXCLUDES(queue_mutex_);
    /// To be called when the connection has ended.
    void end() QUIPU_EXCLUDES(queue_mutex_);

  private:
    using Callback = std::shared_ptr<const std::function<void()>>;

    [[nodiscard]] bool has_room() const QUIPU_REQUIRES(queue_mutex_);
    void notify_connection() QUIPU_REQUIRES(queue_mutex_);
    void schedule_drain() QUIPU_REQUIRES(queue_mutex_);
    void run_drain() QUIPU_EXCLUDES(queue_mutex_);
    void call(const std::function<void()>& callback) noexcept QUIPU_EXCLUDES(queue_mutex_);

    enum class Phase { open, finishing, overflowed, over };

    const StreamContext context_;
    Mutex queue_mutex_;
    Condition changed_;
    Phase phase_ QUIPU_GUARDED_BY(queue_mutex_) = Phase::open;
    std::deque<std::string> frames_ QUIPU_GUARDED_BY(queue_mutex_);
    // Queued or being written.
    std::size_t events_ QUIPU_GUARDED_BY(queue_mutex_) = 0;
    std::size_t bytes_ QUIPU_GUARDED_BY(queue_mutex_) = 0;
    std::size_t events_in_flight_ QUIPU_GUARDED_BY(queue_mutex_) = 0;
    std::size_t bytes_in_flight_ QUIPU_GUARDED_BY(queue_mutex_) = 0;
    // The connection will call take() without another notification.
    bool notified_ QUIPU_GUARDED_BY(queue_mutex_) = false;
    std::function<void()> notify_ QUIPU_GUARDED_BY(queue_mutex_);
    Callback on_drain_ QUIPU_GUARDED_BY(queue_mutex_);
    Callback on_close_ QUIPU_GUARDED_BY(queue_mutex_);
    // Whether on_drain_ is running or scheduled, and whether another call, or on_close_, follows
    // it.
    bool draining_ QUIPU_GUARDED_BY(queue_mutex_) = false;
    bool drain_again_ QUIPU_GUARDED_BY(queue_mutex_) = false;
    bool close_due_ QUIPU_GUARDED_BY(queue_mutex_) = false;
};

/// Shared by all copies of one SseStream. The stream ends when the last one is destroyed.
class StreamHandle {
  public:
    explicit StreamHandle(std::shared_ptr<StreamCore> core) : core_(std::move(core)) {}
    ~StreamHandle() { core_->finish(); }
    StreamHandle(const StreamHandle&) = delete;
    StreamHandle& operator=(const StreamHandle&) = delete;

    [[nodiscard]] StreamCore& core() noexcept { return *core_; }

  private:
    std::shared_ptr<StreamCore> core_;
};

}  // namespace quipu::http
