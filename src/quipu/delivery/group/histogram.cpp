// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <algorithm>

namespace quipu {

void Histogram::add(double seconds) noexcept {
    // Clocks of two machines may disagree: an event's age can seem negative.
    const double sound = std::max(0.0, seconds);
    const auto bound = std::ranges::lower_bound(bounds_, sound);
    counts_[static_cast<std::size_t>(bound - bounds_.begin())].fetch_add(1,
                                                                         std::memory_order_relaxed);
    microseconds_.fetch_add(static_cast<std::uint64_t>(sound * 1e6), std::memory_order_relaxed);
}

Durations Histogram::copy() const {
    Durations copy{.bounds = bounds_, .counts = {}, .sum = 0};
    copy.counts.reserve(counts_.size());
    for (const auto& count : counts_) copy.counts.push_back(count.load(std::memory_order_relaxed));
    copy.sum = static_cast<double>(microseconds_.load(std::memory_order_relaxed)) / 1e6;
    return copy;
}

}  // namespace quipu
