// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string_view>

#include "quipu/event/policy.hpp"

namespace integr8s {

// Retry policy and topic table of each category. Retries are those of the system that these events
// come from (AGGRESSIVE, CAUTIOUS, IMMEDIATE and DEFAULT there); partitions and retention are those
// that its documentation promises.

using namespace std::chrono_literals;

inline constexpr quipu::RetryPolicy aggressive_retry{
    .max_retries = 5, .base = 30s, .factor = 2.0, .longest = 300s, .jitter = 0.1};
inline constexpr quipu::RetryPolicy cautious_retry{
    .max_retries = 3, .base = 60s, .factor = 3.0, .longest = 600s, .jitter = 0.1};
inline constexpr quipu::RetryPolicy immediate_retry{
    .max_retries = 3, .base = 0s, .factor = 1.0, .longest = 0s, .jitter = 0.0};
inline constexpr quipu::RetryPolicy default_retry{
    .max_retries = 4, .base = 60s, .factor = 2.5, .longest = 1800s, .jitter = 0.1};

struct ExecutionPolicy {
    static constexpr std::string_view name = "execution";
    static constexpr quipu::RetryPolicy retry = aggressive_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 6, .retention = 24h * 7};
};
struct PodPolicy {
    static constexpr std::string_view name = "pod";
    static constexpr quipu::RetryPolicy retry = cautious_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h};
};
struct CommandPolicy {
    static constexpr std::string_view name = "command";
    static constexpr quipu::RetryPolicy retry = aggressive_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h};
};
struct ResultPolicy {
    static constexpr std::string_view name = "result";
    static constexpr quipu::RetryPolicy retry = immediate_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 7};
};
struct UserPolicy {
    static constexpr std::string_view name = "user";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 30};
};
struct SecurityPolicy {
    static constexpr std::string_view name = "security";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 30};
};
struct SagaPolicy {
    static constexpr std::string_view name = "saga";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 7};
};
struct NotificationPolicy {
    static constexpr std::string_view name = "notification";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 7};
};
struct ScriptPolicy {
    static constexpr std::string_view name = "script";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 7};
};
struct ResourcePolicy {
    static constexpr std::string_view name = "resource";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 7};
};
struct SystemPolicy {
    static constexpr std::string_view name = "system";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 7};
};
struct DeadLetterPolicy {
    static constexpr std::string_view name = "dead_letter";
    static constexpr quipu::RetryPolicy retry = default_retry;
    static constexpr quipu::TopicPolicy topic{.partitions = 3, .retention = 24h * 7};
};

}  // namespace integr8s
