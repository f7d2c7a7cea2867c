// SPDX-License-Identifier: Apache-2.0
#include "integr8s/runtime/pod.hpp"

namespace integr8s::runtime {

const char* to_string(PodOutcome outcome) noexcept {
    switch (outcome) {
        case PodOutcome::exited: return "exited";
        case PodOutcome::timeout: return "timeout";
        case PodOutcome::out_of_memory: return "out_of_memory";
        case PodOutcome::output_limit: return "output_limit";
        case PodOutcome::crashed: return "crashed";
        case PodOutcome::deleted: return "deleted";
        case PodOutcome::system_error: return "system_error";
    }
    return "unknown";
}

const char* to_string(PodPhase phase) noexcept {
    switch (phase) {
        case PodPhase::pending: return "pending";
        case PodPhase::scheduled: return "scheduled";
        case PodPhase::running: return "running";
        case PodPhase::finished: return "finished";
    }
    return "unknown";
}

}  // namespace integr8s::runtime
