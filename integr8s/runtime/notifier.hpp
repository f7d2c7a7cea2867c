// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "integr8s/runtime/pod_runtime.hpp"

namespace integr8s::runtime {

/// Hands statuses to the observer, those of one pod in order and each until it is accepted. All
/// functions may be called from any thread; add() never waits for the observer.
class Notifier {
  public:
    Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;
    ~Notifier();

    /// Dropped without an observer.
    void add(const PodStatus& status);
    /// Ends the current watch. On return the observer does not run any more, unless the caller is
    /// the observer itself.
    void detach();
    /// Begins a watch; what the previous observer had not accepted comes first, then `present`.
    void attach(PodObserver observer, std::vector<PodStatus> present);
    /// Statuses not accepted yet.
    [[nodiscard]] std::size_t backlog() const;

  private:
    using Clock = std::chrono::steady_clock;
    struct Refusal {
        Clock::time_point retry_at;
        std::chrono::milliseconds delay;
    };

    void run();
    [[nodiscard]] std::size_t next_due(Clock::time_point now, Clock::time_point& wake) const;
    void deliver(std::unique_lock<std::mutex>& lock, std::size_t at);
    void refused(const std::string& pod_name);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    PodObserver observer_;
    bool attached_ = false;
    bool calling_ = false;
    bool stopping_ = false;
    std::deque<PodStatus> queue_;
    std::map<std::string, Refusal> refusals_;
    std::thread thread_;
};

}  // namespace integr8s::runtime
