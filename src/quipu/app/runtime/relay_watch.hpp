// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "quipu/base/mutex.hpp"
#include "quipu/delivery/relay.hpp"

namespace quipu {

/// Measures how long a relay has been without progress. Thread-safe.
class RelayWatch {
  public:
    using Clock = std::chrono::steady_clock;

    /// How long the relay has had work without progress, as observed by the calls so far.
    [[nodiscard]] std::chrono::milliseconds still(const RelayStatus& status, Clock::time_point now)
        QUIPU_EXCLUDES(progress_mutex_) {
        const MutexLock lock(progress_mutex_);
        if (status.lag == 0 || status.position != position_) {
            position_ = status.position;
            moved_ = now;
        }
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - moved_);
    }

  private:
    Mutex progress_mutex_;
    std::int64_t position_ QUIPU_GUARDED_BY(progress_mutex_) = -1;
    Clock::time_point moved_ QUIPU_GUARDED_BY(progress_mutex_){};
};

}  // namespace quipu
