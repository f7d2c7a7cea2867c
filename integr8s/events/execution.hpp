// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/policies.hpp"
#include "integr8s/events/types.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// The life of one execution, from the request to its end.

struct ExecutionRequested {
    static constexpr std::string_view event_type = "execution_requested";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string script;
    std::string language;
    std::string language_version;
    std::string runtime_image;
    std::vector<std::string> runtime_command;
    std::string runtime_filename;
    std::int64_t timeout_seconds;
    std::string cpu_limit;
    std::string memory_limit;
    std::string cpu_request;
    std::string memory_request;
    quipu::Default<QueuePriority> priority = QueuePriority::normal;
};

struct ExecutionAccepted {
    static constexpr std::string_view event_type = "execution_accepted";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::int64_t queue_position;
    std::optional<double> estimated_wait_seconds = {};
    quipu::Default<QueuePriority> priority = QueuePriority::normal;
};

struct ExecutionQueued {
    static constexpr std::string_view event_type = "execution_queued";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::optional<std::int64_t> position_in_queue = {};
    std::optional<quipu::Time> estimated_start_time = {};
};

struct ExecutionStarted {
    static constexpr std::string_view event_type = "execution_started";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    std::optional<std::string> node_name = {};
    std::optional<std::string> container_id = {};
};

struct ExecutionRunning {
    static constexpr std::string_view event_type = "execution_running";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string pod_name;
    std::optional<std::int64_t> progress_percentage = {};
};

struct ExecutionCompleted {
    static constexpr std::string_view event_type = "execution_completed";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::int64_t exit_code;
    std::optional<ResourceUsage> resource_usage = {};
    quipu::Default<std::string> stdout_ = {};
    quipu::Default<std::string> stderr_ = {};
};

struct ExecutionFailed {
    static constexpr std::string_view event_type = "execution_failed";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    quipu::Default<std::int64_t> exit_code = 1;
    ExecutionErrorType error_type;
    std::optional<ResourceUsage> resource_usage = {};
    quipu::Default<std::string> stdout_ = {};
    quipu::Default<std::string> stderr_ = {};
};

struct ExecutionTimeout {
    static constexpr std::string_view event_type = "execution_timeout";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::int64_t timeout_seconds;
    std::optional<ResourceUsage> resource_usage = {};
    quipu::Default<std::string> stdout_ = {};
    quipu::Default<std::string> stderr_ = {};
};

struct ExecutionCancelled {
    static constexpr std::string_view event_type = "execution_cancelled";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::string cancelled_by;
    quipu::Default<bool> force_terminated = false;
};

using ExecutionEvents =
    quipu::Category<ExecutionPolicy, ExecutionRequested, quipu::Terminal<ExecutionAccepted>,
                    quipu::Terminal<ExecutionQueued>, quipu::Terminal<ExecutionStarted>,
                    quipu::Terminal<ExecutionRunning>, ExecutionCompleted, ExecutionFailed,
                    ExecutionTimeout, ExecutionCancelled>;

}  // namespace integr8s
