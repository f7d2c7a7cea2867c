// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "integr8s/runtime/pod_runtime.hpp"
#include "quipu/base/mutex.hpp"

namespace integr8s::runtime {

/// Reports statuses to the observer: those of one pod in order, and each one until it is accepted.
/// Thread-safe; add() never waits for the observer.
class Notifier {
  public:
    Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    ~Notifier();

    /// Queues a status; drops it if there is no observer.
    void add(const PodStatus& status) QUIPU_EXCLUDES(queue_mutex_);
    /// Ends the current watch. When it returns, the observer is not running, unless the caller is
    /// the observer itself.
    void detach() QUIPU_EXCLUDES(queue_mutex_);
    /// Starts a watch: reports what the previous observer had not accepted, and then `present`.
    void attach(PodObserver observer, std::vector<PodStatus> present) QUIPU_EXCLUDES(queue_mutex_);
    /// The number of statuses that have not been accepted yet.
    [[nodiscard]] std::size_t backlog() const QUIPU_EXCLUDES(queue_mutex_);

  private:
    using Clock = std::chrono::steady_clock;
    struct Refusal {
        Clock::time_point retry_at;
        std::chrono::milliseconds delay;
    };

    void run() QUIPU_EXCLUDES(queue_mutex_);
    [[nodiscard]] std::size_t next_due(Clock::time_point now, Clock::time_point& wake) const
        QUIPU_REQUIRES(queue_mutex_);
    void deliver(std::size_t at) QUIPU_REQUIRES(queue_mutex_);
    void refused(const std::string& pod_name) QUIPU_REQUIRES(queue_mutex_);

    mutable quipu::Mutex queue_mutex_;
    quipu::Condition changed_;
    PodObserver observer_ QUIPU_GUARDED_BY(queue_mutex_);
    bool attached_ QUIPU_GUARDED_BY(queue_mutex_) = false;
    bool calling_ QUIPU_GUARDED_BY(queue_mutex_) = false;
    bool stopping_ QUIPU_GUARDED_BY(queue_mutex_) = false;
    std::deque<PodStatus> queue_ QUIPU_GUARDED_BY(queue_mutex_);
    std::map<std::string, Refusal> refusals_ QUIPU_GUARDED_BY(queue_mutex_);
    std::thread thread_;
};

}  // namespace integr8s::runtime
