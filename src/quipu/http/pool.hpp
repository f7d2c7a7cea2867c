// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

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
    [[nodiscard]] bool submit_request(Task task);

    /// For callbacks, whose number the caller bounds: they go before requests. False when the pool
    /// has stopped.
    [[nodiscard]] bool submit_callback(Task task);

    /// Drops the requests that wait, runs the callbacks that wait, and waits for what is running.
    void stop();

  private:
    void work();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> callbacks_;
    std::deque<Task> requests_;
    std::size_t requests_max_;
    bool stopped_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace quipu::http
