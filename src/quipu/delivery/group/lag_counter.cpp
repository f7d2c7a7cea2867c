// SPDX-License-Identifier: Apache-2.0
#include "lag_counter.hpp"

#include <algorithm>

namespace quipu {

namespace {

constexpr std::chrono::milliseconds shortest_age{1000};
constexpr int share = 50;

}  // namespace

std::int64_t LagCounter::count(std::int64_t position) {
    const std::int64_t last = store_.last_position();
    const MutexLock lock(mutex_);
    const auto began = Clock::now();
    if ((position == position_ && last == last_) || began < again_at_) return lag_;
    const auto counted = store_.count_beyond(position, types_);
    if (!counted) return lag_;
    const auto ended = Clock::now();
    lag_ = *counted;
    position_ = position;
    last_ = last;
    again_at_ = ended + std::max<Clock::duration>(shortest_age, (ended - began) * share);
    return lag_;
}

}  // namespace quipu
