// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/execution.hpp"
#include "quipu/event/time.hpp"

namespace integr8s {

// The rows of the saga orchestrator. Keys are execution ids unless said otherwise.

enum class SagaState {
    created,       ///< requested, has no slot yet
    running,       ///< its steps are done; the pod has not ended yet
    compensating,  ///< waits until its pod is gone
    completed,
    failed,
    timeout,
    cancelled,
};

[[nodiscard]] constexpr bool is_end(SagaState state) noexcept {
    return state >= SagaState::completed;
}

enum class SlotState { none, held, released };

/// One saga per execution.
struct SagaRow {
    static constexpr std::string_view collection = "sagas";
    std::string saga_id;
    std::string saga_name = "execution_saga";
    std::string execution_id;
    std::string user_id;
    SagaState state = SagaState::created;
    std::string current_step;
    std::vector<std::string> completed_steps;
    std::vector<std::string> compensated_steps;
    SlotState slot = SlotState::none;
    std::string language;
    std::int64_t timeout_seconds = 0;
    std::string cpu_request;
    std::string memory_request;
    quipu::Time created_at{};
    quipu::Time updated_at{};
    /// The deadline: when running, of the saga; when compensating, for requesting the deletion
    /// again.
    std::optional<quipu::Time> deadline = {};
    std::int64_t retry_count = 0;  ///< of requests for the deletion
    /// The final state after the compensation, and the reason.
    SagaState outcome = SagaState::completed;
    std::string failed_step;
    std::string error;
    std::optional<std::string> cancelled_by = {};
    std::optional<quipu::Time> completed_at = {};
};

/// The parts of the request that the steps need. Exists until create_pod_command is published.
struct SagaPlan {
    static constexpr std::string_view collection = "saga_plans";
    ExecutionRequested request;
};

/// Resources allocated to a saga; erased when they are released. Key: see allocation_key().
struct AllocationRow {
    static constexpr std::string_view collection = "allocations";
    std::string execution_id;
    std::string language;
    std::string cpu_request;
    std::string memory_request;
    quipu::Time allocated_at;
};

/// The language comes first, so that the allocations of one language can be counted by prefix.
[[nodiscard]] std::string allocation_prefix(std::string_view language);
[[nodiscard]] std::string allocation_key(std::string_view language, std::string_view execution_id);

/// The id of an execution's saga, a function of the execution's id.
[[nodiscard]] std::string saga_id_of(std::string_view execution_id);

}  // namespace integr8s
