// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/pool.hpp"

#include <algorithm>
#include <utility>

namespace quipu::http {

HandlerPool::HandlerPool(std::size_t threads, std::size_t requests_max)
    : requests_max_(requests_max) {
    for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

HandlerPool::~HandlerPool() {
    stop();
}

bool HandlerPool::submit_request(Task task) {
    {
        const MutexLock lock(queue_mutex_);
        if (stopped_ || requests_.size() >= requests_max_) return false;
        requests_.push_back(std::move(task));
    }
    changed_.notify_one();
    return true;
}

bool HandlerPool::submit_callback(Task task) {
    {
        const MutexLock lock(queue_mutex_);
        if (stopped_) return false;
        callbacks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return true;
}

void HandlerPool::stop() {
    std::deque<Task> dropped;
    {
        const MutexLock lock(queue_mutex_);
        stopped_ = true;
        dropped.swap(requests_);
    }
    changed_.notify_all();
    threads_.clear();
}

void HandlerPool::work() {
    MutexLock lock(queue_mutex_);
    while (true) {
        changed_.wait(queue_mutex_, [this]() QUIPU_REQUIRES(queue_mutex_) {
            return stopped_ || !callbacks_.empty() || !requests_.empty();
        });
        auto& queue = callbacks_.empty() ? requests_ : callbacks_;
        if (queue.empty()) return;
        {
            const Task task = std::exchange(queue.front(), nullptr);
            queue.pop_front();
            lock.unlock();
            task();
        }
        lock.lock();
    }
}

}  // namespace quipu::http
