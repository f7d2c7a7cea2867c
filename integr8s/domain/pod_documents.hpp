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

/// Whether the pod has no process and will never get one again.
[[nodiscard]] constexpr bool is_gone(PodState state) noexcept {
    return state >= PodState::finished;
}

/// Never erased, so that a command that is delivered again creates no second pod.
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

/// What the runtime needs to run the pod. Exists until the pod is gone.
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

/// How often the pod was started. Exists as long as its PodSpecRow. Separate from PodRow, which may
/// change at the same time.
struct PodStartRow {
    static constexpr std::string_view collection = "pod_starts";
    std::int64_t attempt = 1;
    bool started = false;  ///< this attempt has been passed to the runtime
};

/// The name of an execution's pod, a function of the id.
[[nodiscard]] std::string pod_name_of(std::string_view execution_id);

}  // namespace integr8s
