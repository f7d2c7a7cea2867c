// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace quipu {

/// How often and when a failing handler is tried again. The first retry waits `base`, each next one
/// `factor` times as long; up to `jitter` of it more or less, at random, and never over `longest`.
struct RetryPolicy {
    int max_retries = 5;
    std::chrono::milliseconds base{1000};
    double factor = 2.0;
    std::chrono::milliseconds longest{60'000};
    double jitter = 0.1;
};

/// The wait before retry `retry` (0: the first), with `random` in [0, 1). Never above
/// `longest`, jitter included; never negative.
[[nodiscard]] std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int retry,
                                                    double random) noexcept;

/// How a topic is made where the log has partitions and forgets, and how long the store keeps what
/// was published there.
struct TopicPolicy {
    int partitions = 3;
    std::chrono::hours retention{24 * 7};  ///< of the log, where it is not the store itself
    std::chrono::hours ttl{24 * 30};       ///< of the stored event
};

/// What events of one category have in common. A category is a struct:
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
