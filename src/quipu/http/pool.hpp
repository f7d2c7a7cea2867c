// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "quipu/base/mutex.hpp"

namespace quipu::http {

/// The threads that run handlers and stream callbacks. Tasks must not throw.
class HandlerPool {
  public:
    using Task = std::function<void()>;

    /// Queues at most `requests_max` requests.
    HandlerPool(std::size_t threads, std::size_t requests_max);
    ~HandlerPool();  ///< stops
    HandlerPool(const HandlerPool&) = delete;
    HandlerPool& operator=(const HandlerPool&) = delete;

    /// Queues a request. False if the queue is full or the pool has stopped.
    [[nodiscard]] bool submit_request(Task task) QUIPU_EXCLUDES(queue_mutex_);

    /// Queues a callback, ahead of requests. The caller limits their number. False if the pool has
    /// stopped.
    [[nodiscard]] bool submit_callback(Task task) QUIPU_EXCLUDES(queue_mutex_);

    /// Drops queued requests, runs queued callbacks and waits for running tasks.
    void stop() QUIPU_EXCLUDES(queue_mutex_);

  private:
    void work() QUIPU_EXCLUDES(queue_mutex_);

    const std::size_t requests_max_;
    Mutex queue_mutex_;
    Condition changed_;
    std::deque<Task> callbacks_ QUIPU_GUARDED_BY(queue_mutex_);
    std::deque<Task> requests_ QUIPU_GUARDED_BY(queue_mutex_);
    bool stopped_ QUIPU_GUARDED_BY(queue_mutex_) = false;
    std::vector<std::jthread> threads_;
};

}  // namespace quipu::http
