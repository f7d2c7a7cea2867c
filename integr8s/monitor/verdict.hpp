// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "integr8s/domain/documents.hpp"
#include "integr8s/events/types.hpp"
#include "integr8s/runtime/pod.hpp"

namespace integr8s {

/// What the end of a pod means for its execution.
struct Verdict {
    ExecutionStatus status = ExecutionStatus::failed;  ///< completed, failed or timeout
    ExecutionErrorType error_type = ExecutionErrorType::system_error;  ///< where it failed
    std::int64_t exit_code = -1;
    std::string reason;  ///< a word as in Kubernetes, such as "OOMKilled"
};

/// | pod                       | execution                                 |
/// |---------------------------|-------------------------------------------|
/// | exited with 0             | completed                                 |
/// | exited with n             | failed, script_error, n                   |
/// | ended by signal n         | failed, script_error, 128 + n             |
/// | out of memory             | failed, resource_limit, 137               |
/// | flooded its output        | failed, resource_limit, 137               |
/// | ran into its time limit   | timeout                                   |
/// | deleted                   | failed, system_error, 137; see PodMonitor |
/// | could not be run          | failed, system_error, -1                  |
[[nodiscard]] Verdict judge(const runtime::PodResult& result);

/// The kernel's resource usage in the form that events carry.
[[nodiscard]] ResourceUsage usage_of(const runtime::PodResult& result);

}  // namespace integr8s
