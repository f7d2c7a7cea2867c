// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/policies.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// The life of a saga.

struct SagaStarted {
    static constexpr std::string_view event_type = "saga_started";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string saga_name;
    std::string execution_id;
    std::string initial_event_id;
};

struct SagaCompleted {
    static constexpr std::string_view event_type = "saga_completed";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string saga_name;
    std::string execution_id;
    quipu::Default<std::vector<std::string>> completed_steps = {};
};

struct SagaFailed {
    static constexpr std::string_view event_type = "saga_failed";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string saga_name;
    std::string execution_id;
    std::string failed_step;
    std::string error;
};

struct SagaCancelled {
    static constexpr std::string_view event_type = "saga_cancelled";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string saga_name;
    std::string execution_id;
    std::string reason;
    quipu::Default<std::vector<std::string>> completed_steps = {};
    quipu::Default<std::vector<std::string>> compensated_steps = {};
    std::optional<quipu::Time> cancelled_at = {};
    std::optional<std::string> cancelled_by = {};
};

struct SagaCompensating {
    static constexpr std::string_view event_type = "saga_compensating";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string saga_name;
    std::string execution_id;
    std::string compensating_step;
};

struct SagaCompensated {
    static constexpr std::string_view event_type = "saga_compensated";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string saga_id;
    std::string saga_name;
    std::string execution_id;
    quipu::Default<std::vector<std::string>> compensated_steps = {};
};

using SagaEvents =
    quipu::Category<SagaPolicy, quipu::Terminal<SagaStarted>, quipu::Terminal<SagaCompleted>,
                    quipu::Terminal<SagaFailed>, quipu::Terminal<SagaCancelled>,
                    quipu::Terminal<SagaCompensating>, quipu::Terminal<SagaCompensated>>;

}  // namespace integr8s
