// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace quipu {

/// How often a failing handler is retried, and with which delays. The first retry waits for `base`,
/// each following one `factor` times as long, at most `longest`. `jitter` is the share of the delay
/// by which it varies at random in both directions.
struct RetryPolicy {
    int max_retries = 5;
    std::chrono::milliseconds base{1000};
    double factor = 2.0;
    std::chrono::milliseconds longest{60'000};
    double jitter = 0.1;
};

/// The delay before retry `retry` (0 is the first), with `random` in [0, 1). Between 0 and
/// `longest`, jitter included.
[[nodiscard]] std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int retry,
                                                    double random) noexcept;

/// Settings of a topic, for logs beside the store, and the lifetime of its events in the store.
struct TopicPolicy {
    int partitions = 3;
    std::chrono::hours retention{24 * 7};  ///< in the log; not used where the store is the log
    std::chrono::hours ttl{24 * 30};       ///< in the store
};

/// The policy of events outside any Category. The policy of a category is a struct of this form:
///
///     struct PodPolicy {
///         static constexpr std::string_view name = "pod";
///         static constexpr quipu::RetryPolicy retry{.max_retries = 3, .base = 60s};
///         static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h};
///     };
struct DefaultPolicy {
    static constexpr std::string_view name = "default";
    static constexpr RetryPolicy retry{};
    static constexpr TopicPolicy topic{};
};

}  // namespace quipu
