// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/domain/documents.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// Claims the right to end an execution. Returns true for the first caller only, which publishes
/// the terminal event in the same transaction. An execution that is cancelled while it completes
/// thus has exactly one terminal event.
[[nodiscard]] bool claim_end(quipu::Documents& documents, std::string_view execution_id,
                             ExecutionStatus status);

/// Whether the end has been claimed, so that the terminal event is in the log.
[[nodiscard]] bool has_ended(quipu::Documents& documents, std::string_view execution_id);

}  // namespace integr8s
