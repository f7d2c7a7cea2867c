// SPDX-License-Identifier: Apache-2.0
#include "integr8s/monitor/verdict.hpp"

namespace integr8s {
namespace {

constexpr int killed = 128 + 9;

Verdict failed(ExecutionErrorType type, std::int64_t exit_code, const char* reason) {
    return {ExecutionStatus::failed, type, exit_code, reason};
}

}  // namespace

Verdict judge(const runtime::PodResult& result) {
    using runtime::PodOutcome;
    switch (result.outcome) {
        case PodOutcome::exited:
            if (result.exit_code == 0) return {ExecutionStatus::completed, {}, 0, "Completed"};
            return failed(ExecutionErrorType::script_error, result.exit_code, "Error");
        case PodOutcome::crashed:
            return failed(ExecutionErrorType::script_error, 128 + result.signal, "Crashed");
        case PodOutcome::out_of_memory:
            return failed(ExecutionErrorType::resource_limit, killed, "OOMKilled");
        case PodOutcome::output_limit:
            return failed(ExecutionErrorType::resource_limit, killed, "OutputLimitExceeded");
        case PodOutcome::timeout:
            return {ExecutionStatus::timeout, ExecutionErrorType::timeout, killed,
                    "DeadlineExceeded"};
        case PodOutcome::deleted:
            return failed(ExecutionErrorType::system_error, killed, "Deleted");
        case PodOutcome::system_error: break;
    }
    return failed(ExecutionErrorType::system_error, -1, "StartError");
}

ResourceUsage usage_of(const runtime::PodResult& result) {
    return {.execution_time_wall_seconds = result.wall_seconds,
            .cpu_time_jiffies = static_cast<std::int64_t>(result.cpu_time_jiffies),
            .clk_tck_hertz = static_cast<std::int64_t>(result.clk_tck_hertz),
            .peak_memory_kb = static_cast<std::int64_t>(result.peak_memory_kb)};
}

}  // namespace integr8s
