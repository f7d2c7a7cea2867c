// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "quipu/http/sse.hpp"

namespace quipu::http {

/// What a stream needs of the server around it.
struct StreamContext {
    std::size_t events_max = 1024;
    std::size_t bytes_max = 1 << 20;
    /// Has a callback run on a handler thread, never on this one; false: there is none any more.
    std::function<bool(std::function<void()>)> run;
    std::function<void(std::string_view)> report;  ///< tells what a callback threw
};

/// The queue between a stream's producer (any thread) and its connection (one thread). At most one
/// callback of a stream is running or waiting to run.
class StreamCore : public std::enable_shared_from_this<StreamCore> {
  public:
    explicit StreamCore(StreamContext context);

    // For the producer: see SseStream.
    bool push(std::string frame);
    void finish();
    [[nodiscard]] bool closed();
    [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout);
    void on_drain(std::function<void()> callback);
    void wake();
    void on_close(std::function<void()> callback);

    // For the connection.
    /// `notify` is called, under a lock, when there may be something to take(). It must not block.
    void attach(std::function<void()> notify);
    struct Batch {
        std::string bytes;
        bool last = false;      ///< nothing will follow
        bool overflow = false;  ///< the stream is to be cut
    };
    /// Some of the queue, at least one event when there is one. Nothing more may be taken before
    /// written() when `bytes` is not empty.
    [[nodiscard]] Batch take(std::size_t bytes_max);
    void written();
    [[nodiscard]] bool overflowed();
    /// The connection is over.
    void end();

  private:
    using Callback = std::shared_ptr<const std::function<void()>>;

    void notify_connection();
    void schedule_drain();
    void run_drain();
    void guarded(const std::function<void()>& callback) noexcept;

    enum class Phase { open, finishing, overflowed, over };

    const StreamContext context_;
    std::mutex mutex_;
    std::condition_variable changed_;
    Phase phase_ = Phase::open;
    std::deque<std::string> frames_;
    std::size_t events_ = 0;  ///< queued or being written
    std::size_t bytes_ = 0;
    std::size_t events_in_flight_ = 0;
    std::size_t bytes_in_flight_ = 0;
    bool notified_ = false;  ///< the connection will call take() without being told again
    std::function<void()> notify_;
    Callback on_drain_;
    Callback on_close_;
    bool draining_ = false;     ///< a call of on_drain_ is running or waiting to run
    bool drain_again_ = false;  ///< another one is due after it
    bool close_due_ = false;    ///< on_close_ is due after it
};

/// What all copies of one SseStream share: with the last of them the stream ends.
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
