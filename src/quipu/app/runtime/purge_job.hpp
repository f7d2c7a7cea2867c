// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "quipu/base/mutex.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// Removes expired events every minute on a thread of its own, in small steps so that writers are
/// hardly delayed. The destructor stops it.
class PurgeJob {
  public:
    /// `report(removed, problem)` is called on the job's thread after each round that removed
    /// something or failed.
    using Report = std::function<void(std::size_t removed, const std::string& problem)>;

    PurgeJob(Store& store, Report report,
             std::chrono::milliseconds interval = std::chrono::minutes{1});

  private:
    void run(const std::stop_token& stop);
    void round(const std::stop_token& stop);

    Store& store_;
    Report report_;
    std::chrono::milliseconds interval_;
    Mutex sleep_mutex_;  // guards no data: the condition variable of the pause needs a mutex
    StoppableCondition pause_;
    std::jthread thread_;
};

}  // namespace quipu
