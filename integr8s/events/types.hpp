// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "quipu/event/field.hpp"

namespace integr8s {

// Enums and structs that more than one event uses.

enum class QueuePriority { critical, high, normal, low, background };
enum class ExecutionErrorType {
    system_error,
    timeout,
    resource_limit,
    script_error,
    permission_denied
};
enum class StorageType { database, s3, filesystem, redis };
enum class LoginMethod { password, oauth, sso, api_key };
enum class NotificationChannel { in_app, webhook, slack };
enum class NotificationSeverity { low, medium, high, urgent };

/// The resources that a run used, as counted by the kernel.
struct ResourceUsage {
    quipu::Default<double> execution_time_wall_seconds = 0.0;
    quipu::Default<std::int64_t> cpu_time_jiffies = 0;
    quipu::Default<std::int64_t> clk_tck_hertz = 0;
    quipu::Default<std::int64_t> peak_memory_kb = 0;
};

struct ContainerStatus {
    std::string name;
    quipu::Default<bool> ready = false;
    quipu::Default<std::int64_t> restart_count = 0;
    quipu::Default<std::string> state = "unknown";
};

}  // namespace integr8s
