// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "quipu/base/mutex.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// Removes expired events every minute, on a thread of its own, in small steps so that writers
/// hardly wait. Stops with the object.
class PurgeJob {
  public:
    /// `report(removed, problem)` is called after a round that removed something or failed; from
    /// the job's thread. A failing store is reported once a round.
    using Report = std::function<void(std::size_t removed, const std::string& problem)>;

    PurgeJob(Store& store, Report report,
             std::chrono::milliseconds interval = std::chrono::minutes{1});

  private:
    void run(const std::stop_token& stop);
    void round(const std::stop_token& stop);

    Store& store_;
    Report report_;
    std::chrono::milliseconds interval_;
    Mutex sleep_mutex_;  // guards nothing: the pause between rounds needs one
    StoppableCondition pause_;
    std::jthread thread_;
};

}  // namespace quipu
