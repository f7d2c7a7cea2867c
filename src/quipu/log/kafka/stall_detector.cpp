// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/stall_detector.hpp"

#include <algorithm>

namespace quipu::kafka {
namespace {

constexpr int steps = 8;  // per minimum patience
constexpr std::chrono::minutes max_patience{5};

}  // namespace

void StallDetector::leave(std::int64_t entered, std::int64_t count) {
    const auto found = unanswered_.find(entered);
    if (found == unanswered_.end()) return;
    found->second -= count;
    if (found->second <= 0) unanswered_.erase(found);
}

bool StallDetector::check(bool brokers_answer, Clock::time_point now) {
    const auto step = min_patience_ / steps;
    step_ = (now - begin_) / step;
    if (!brokers_answer) since_ = now;
    const auto oldest = unanswered_.empty() ? now : begin_ + unanswered_.begin()->first * step;
    if (now - std::max(oldest, since_) >= patience_) {
        since_ = now;
        const std::chrono::milliseconds longer =
            std::min<std::chrono::milliseconds>(patience_ * 2, max_patience);
        patience_ = std::max(patience_, longer);
        return true;
    }
    if (now - oldest < min_patience_ && now - since_ >= patience_) patience_ = min_patience_;
    return false;
}

}  // namespace quipu::kafka
