// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "integr8s/domain/documents.hpp"
#include "integr8s/events/types.hpp"

namespace integr8s::api {

// What clients send and get back, as plain structs; quipu::from_json and to_json read and write
// them. Sent by a browser, read by the command line, too.

/// Body of POST /api/v1/executions.
struct SubmitBody {
    std::string script;
    std::string language;
    std::optional<std::string> language_version = {};  ///< "3" or "3.11"; what is installed if null
    std::optional<std::int64_t> timeout_seconds = {};
    std::optional<QueuePriority> priority = {};
};

/// Its answer.
struct SubmitReply {
    std::string execution_id;
    ExecutionStatus status;
};

/// Every error.
struct ProblemReply {
    std::string detail;
    std::string type;
};

}  // namespace integr8s::api
