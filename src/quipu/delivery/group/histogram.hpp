// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quipu/delivery/runtime.hpp"

namespace quipu {

/// Counts durations by upper bounds. Thread-safe, without a lock: a copy may lack what is being
/// added at that moment.
class Histogram {
  public:
    /// `bounds` are seconds, ascending.
    explicit Histogram(std::span<const double> bounds)
        : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}

    void add(double seconds) noexcept;
    [[nodiscard]] Durations copy() const;

  private:
    const std::vector<double> bounds_;
    std::vector<std::atomic<std::uint64_t>> counts_;  // the last one is beyond all bounds
    std::atomic<std::uint64_t> microseconds_{0};
};

}  // namespace quipu
