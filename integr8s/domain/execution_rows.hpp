// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/domain/documents.hpp"
#include "integr8s/events/execution.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// The row of a newly requested execution.
[[nodiscard]] ExecutionRow new_row(const ExecutionRequested& request, std::string_view user_id,
                                   quipu::Time now);

/// Stores row and script of a request unless they exist: for requests that arrive through the log
/// instead of ExecutionService.
void ensure_rows(quipu::Documents& documents, const quipu::Event<ExecutionRequested>& event);

/// Advances the row to `status`, which must not be a final one, unless it has that or a later
/// status.
void advance_row(quipu::Documents& documents, std::string_view execution_id,
                 ExecutionStatus status);

}  // namespace integr8s
