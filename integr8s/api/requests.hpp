// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "integr8s/domain/documents.hpp"
#include "integr8s/events/types.hpp"

namespace integr8s::api {

// The bodies of requests and their responses, as plain structs for quipu::from_json and to_json.
// The command line uses them, too.

/// Body of POST /api/v1/executions.
struct SubmitBody {
    std::string script;
    std::string language;
    std::optional<std::string> language_version = {};  ///< "3" or "3.11"; null: the installed one
    std::optional<std::int64_t> timeout_seconds = {};
    std::optional<QueuePriority> priority = {};
};

/// The response to POST /api/v1/executions.
struct SubmitReply {
    std::string execution_id;
    ExecutionStatus status;
};

/// The body of every error response.
struct ProblemReply {
    std::string detail;
    std::string type;
};

}  // namespace integr8s::api
