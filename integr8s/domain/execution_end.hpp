// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "integr8s/domain/documents.hpp"
#include "quipu/delivery/handler.hpp"

namespace integr8s {

/// Claims the end of an execution. True for the first caller only: it publishes the terminal event
/// in the same transaction. So an execution that is cancelled while it completes has one end, not
/// two, whoever is faster.
[[nodiscard]] bool claim_end(quipu::Documents& documents, std::string_view execution_id,
                             ExecutionStatus status);

/// True when somebody has claimed the end: its terminal event is in the log.
[[nodiscard]] bool has_ended(quipu::Documents& documents, std::string_view execution_id);

}  // namespace integr8s
