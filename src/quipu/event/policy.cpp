// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/policy.hpp"

#include <algorithm>
#include <cmath>

namespace quipu {

std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int retry,
                                      double random) noexcept {
    const double longest = static_cast<double>(policy.longest.count());
    const double plain = std::min(
        static_cast<double>(policy.base.count()) * std::pow(policy.factor, std::max(retry, 0)),
        longest);
    const double jittered = plain * (1.0 + policy.jitter * (2.0 * random - 1.0));
    return std::chrono::milliseconds{static_cast<std::int64_t>(std::clamp(jittered, 0.0, longest))};
}

}  // namespace quipu
