// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "quipu/base/mutex.hpp"

namespace quipu {

/// The end of a log, for those who wait for it to move. Thread-safe.
class LogWatch {
  public:
    [[nodiscard]] std::int64_t last() const noexcept { return last_.load(); }
    /// What `last` returns from here on; those who wait learn it from `notify`.
    void set(std::int64_t last) noexcept { last_.store(last); }
    void notify();

    std::int64_t wait_beyond(std::int64_t position, std::chrono::milliseconds timeout);
    /// Ends every wait that runs.
    void wake();
    /// Counts the calls of `wake`.
    [[nodiscard]] std::uint64_t wakes() const noexcept { return wakes_.load(); }

  private:
    std::atomic<std::int64_t> last_ = 0;
    std::atomic<std::uint64_t> wakes_ = 0;
    std::atomic<int> waiting_ = 0;
    Mutex mutex_;  ///< between a look at the state and the wait for it to change
    Condition moved_;
};

}  // namespace quipu
