// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// The number of events of a group's types beyond its position. They are counted in the store, so
/// the number is kept: for a second, and for fifty times as long as the counting took.
/// Thread-safe.
class LagCounter {
  public:
    /// The arguments must outlive it.
    LagCounter(Store& store, const std::vector<std::string>& types)
        : store_(store), types_(types) {}

    /// As counted last, if it may not be counted again yet or cannot be.
    [[nodiscard]] std::int64_t count(std::int64_t position) QUIPU_EXCLUDES(mutex_);

  private:
    using Clock = std::chrono::steady_clock;

    Store& store_;
    const std::vector<std::string>& types_;
    Mutex mutex_;
    std::int64_t lag_ QUIPU_GUARDED_BY(mutex_) = 0;
    // What it was counted for, and when it may be counted again.
    std::int64_t position_ QUIPU_GUARDED_BY(mutex_) = -1;
    std::int64_t last_ QUIPU_GUARDED_BY(mutex_) = -1;
    Clock::time_point again_at_ QUIPU_GUARDED_BY(mutex_){};
};

}  // namespace quipu
