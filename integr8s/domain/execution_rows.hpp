// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/domain/documents.hpp"
#include "integr8s/events/execution.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// The row of an execution that was just requested.
[[nodiscard]] ExecutionRow new_row(const ExecutionRequested& request, std::string_view user_id,
                                   quipu::Time now);

/// Keeps row and script of a request where they are not there yet: for requests that came by the
/// log and not through ExecutionService.
void ensure_rows(quipu::Documents& documents, const quipu::Event<ExecutionRequested>& event);

/// Moves the row on to `status`, unless it is there, further, or at an end. Not for ends.
void advance_row(quipu::Documents& documents, std::string_view execution_id,
                 ExecutionStatus status);

}  // namespace integr8s
