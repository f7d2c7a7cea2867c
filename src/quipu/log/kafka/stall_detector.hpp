// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

namespace quipu::kafka {

/// Detects a stalled producer: some record has been unacknowledged for long although brokers
/// answer. librdkafka was seen to keep records back for minutes after leaders had moved, until a
/// new client sent them; its retries have no end here (message.timeout.ms is 0).
///
/// Not thread-safe. Ages are counted in steps of a fraction of the patience, so that a record costs
/// one addition.
class StallDetector {
  public:
    using Clock = std::chrono::steady_clock;

    StallDetector(std::chrono::milliseconds patience, Clock::time_point now)
        : min_patience_(patience), patience_(patience), begin_(now), since_(now) {}

    /// Counts a record as unanswered; returns what leave() wants to know.
    [[nodiscard]] std::int64_t enter() {
        ++unanswered_[step_];
        return step_;
    }
    void leave(std::int64_t entered, std::int64_t count = 1);

    /// To be called regularly. True when it is time for a new client: after the patience, which
    /// doubles with each alarm and returns to its minimum once records got through for as long.
    [[nodiscard]] bool check(bool brokers_answer, Clock::time_point now);

  private:
    const std::chrono::milliseconds min_patience_;
    std::chrono::milliseconds patience_;
    const Clock::time_point begin_;
    Clock::time_point since_;  ///< the last alarm, or when brokers began to answer again
    std::int64_t step_ = 0;
    std::map<std::int64_t, std::int64_t> unanswered_;  ///< by the step in which they came
};

}  // namespace quipu::kafka
