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

    /// At most `requests_max` requests wait for a thread.
    HandlerPool(std::size_t threads, std::size_t requests_max);
    ~HandlerPool();  ///< stops
    HandlerPool(const HandlerPool&) = delete;
    HandlerPool& operator=(const HandlerPool&) = delete;

    /// False when too many are waiting or the pool has stopped.
    [[nodiscard]] bool submit_request(Task task) QUIPU_EXCLUDES(queue_mutex_);

    /// For callbacks, whose number the caller bounds: they go before requests. False when the pool
    /// has stopped.
    [[nodiscard]] bool submit_callback(Task task) QUIPU_EXCLUDES(queue_mutex_);

    /// Drops the requests that wait, runs the callbacks that wait, and waits for what is running.
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
