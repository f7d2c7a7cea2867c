// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/events/command.hpp"
#include "integr8s/saga/documents.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

// Names of the steps, in their order, and of the phase after them.
inline constexpr std::string_view step_validate = "validate_execution";
inline constexpr std::string_view step_allocate = "allocate_resources";
inline constexpr std::string_view step_create_pod = "create_pod";
inline constexpr std::string_view after_steps = "execution";

[[nodiscard]] bool has_done(const SagaRow& saga, std::string_view step);

[[nodiscard]] SagaRow new_saga(const quipu::Documents& documents, std::string_view execution_id,
                               const quipu::EventHeader& header);

void save(quipu::Documents& documents, SagaRow& saga);

/// Ends a saga that has no slot. It has done nothing yet, so no event is published.
void end_silently(quipu::Documents& documents, SagaRow& saga, SagaState state);

/// Whether a pod was requested that is not known to be gone.
[[nodiscard]] bool pod_may_live(quipu::Documents& documents, const SagaRow& saga);

}  // namespace integr8s
