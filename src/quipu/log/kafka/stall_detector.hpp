// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

namespace quipu::kafka {

/// Notices that a producer stands still: that some record is unanswered for long although brokers
/// answer. librdkafka was seen to keep records back for minutes after leaders had moved, until a
/// new client sent them; its retries have no end here (message.timeout.ms is 0).
///
/// Not thread-safe. Ages are counted in steps of a part of the patience, so that a record costs an
/// addition.
class StallDetector {
  public:
    using Clock = std::chrono::steady_clock;

    StallDetector(std::chrono::milliseconds patience, Clock::time_point now)
        : least_(patience), patience_(patience), begin_(now), since_(now) {}

    /// What a record remembers until it is answered for.
    [[nodiscard]] std::int64_t enter() {
        ++unanswered_[step_];
        return step_;
    }
    void leave(std::int64_t entered, std::int64_t count = 1);

    /// To be called now and then. True when it is time to try another client: after the patience,
    /// which doubles with each time, and is the least again once records got through for as long.
    [[nodiscard]] bool check(bool brokers_answer, Clock::time_point now);

  private:
    const std::chrono::milliseconds least_;
    std::chrono::milliseconds patience_;
    const Clock::time_point begin_;
    Clock::time_point since_;  ///< the last alarm, or that brokers answer again
    std::int64_t step_ = 0;
    std::map<std::int64_t, std::int64_t> unanswered_;  ///< by the step in which they came
};

}  // namespace quipu::kafka
