// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

namespace quipu::kafka {

/// Detects a stalled producer: some record stays unacknowledged for long although brokers answer.
/// After leaders have moved, librdkafka may hold records back for minutes until a new client sends
/// them; its own retries never end (message.timeout.ms is 0).
///
/// Not thread-safe. Ages are counted in steps of a fraction of the patience, so a record costs one
/// addition.
class StallDetector {
  public:
    using Clock = std::chrono::steady_clock;

    StallDetector(std::chrono::milliseconds patience, Clock::time_point now)
        : min_patience_(patience), patience_(patience), begin_(now), since_(now) {}

    /// Counts a record as unacknowledged. Pass the result to leave().
    [[nodiscard]] std::int64_t enter() {
        ++unanswered_[step_];
        return step_;
    }
    void leave(std::int64_t entered, std::int64_t count = 1);

    /// Call it regularly. True when a new client is needed: after the patience, which doubles with
    /// each alarm and returns to its minimum once records have been acknowledged for as long.
    [[nodiscard]] bool check(bool brokers_answer, Clock::time_point now);

  private:
    const std::chrono::milliseconds min_patience_;
    std::chrono::milliseconds patience_;
    const Clock::time_point begin_;
    Clock::time_point since_;  ///< the last alarm, or when brokers started to answer again
    std::int64_t step_ = 0;
    std::map<std::int64_t, std::int64_t> unanswered_;  ///< by the step of their arrival
};

}  // namespace quipu::kafka
