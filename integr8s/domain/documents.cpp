// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/documents.hpp"

namespace integr8s {

std::string_view to_string(ExecutionStatus status) noexcept {
    switch (status) {
        case ExecutionStatus::queued: return "queued";
        case ExecutionStatus::scheduled: return "scheduled";
        case ExecutionStatus::running: return "running";
        case ExecutionStatus::completed: return "completed";
        case ExecutionStatus::failed: return "failed";
        case ExecutionStatus::timeout: return "timeout";
        case ExecutionStatus::cancelled: return "cancelled";
        case ExecutionStatus::error: return "error";
    }
    return "unknown";
}

std::string_view to_string(ExecutionErrorType type) noexcept {
    switch (type) {
        case ExecutionErrorType::system_error: return "system_error";
        case ExecutionErrorType::timeout: return "timeout";
        case ExecutionErrorType::resource_limit: return "resource_limit";
        case ExecutionErrorType::script_error: return "script_error";
        case ExecutionErrorType::permission_denied: return "permission_denied";
    }
    return "unknown";
}

}  // namespace integr8s
