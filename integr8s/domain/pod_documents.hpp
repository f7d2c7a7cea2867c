// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/event/time.hpp"

namespace integr8s {

// The rows of a pod. Keys are pod names.

enum class PodState { created, scheduled, running, finished, refused, deleted };

/// True when the pod has no process any more and never gets one again.
[[nodiscard]] constexpr bool is_gone(PodState state) noexcept {
    return state >= PodState::finished;
}

/// Kept for ever, so that a command that comes again makes no second pod.
struct PodRow {
    static constexpr std::string_view collection = "pods";
    std::string pod_name;
    std::string namespace_;
    std::string execution_id;
    std::string saga_id;
    std::string user_id;
    PodState state;
    std::int64_t timeout_seconds;
    quipu::Time created_at;
    quipu::Time updated_at;
};

/// What the runtime needs to run the pod; there exactly as long as the pod is not gone.
struct PodSpecRow {
    static constexpr std::string_view collection = "pod_specs";
    std::string execution_id;
    std::string language;
    std::string script;
    std::string filename;
    std::vector<std::string> command;
    std::int64_t timeout_seconds;
    std::int64_t memory_bytes;
    std::int64_t cpu_millicores;
};

/// How often the pod was begun; there as long as its PodSpecRow. Apart from PodRow, which changes
/// at the same moment.
struct PodStartRow {
    static constexpr std::string_view collection = "pod_starts";
    std::int64_t attempt = 1;
    bool started = false;  ///< the runtime has been given this attempt
};

/// The pod of an execution, for the same id always the same.
[[nodiscard]] std::string pod_name_of(std::string_view execution_id);

}  // namespace integr8s
