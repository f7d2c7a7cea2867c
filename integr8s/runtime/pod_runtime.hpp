// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/runtime/pod.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// Told each status of each pod. Returns true when it has dealt with the status. After false, or
/// an exception, the same status is handed over again a little later, and no later status of that
/// pod before it; other pods go on.
using PodObserver = std::function<bool(const PodStatus&)>;

/// Runs scripts as pods. All functions may be called from any thread.
///
/// Pods live and die with the runtime: when the program ends, even by SIGKILL, its pods are killed,
/// and list() after the restart shows none of them. A result that nobody had taken by then is gone.
/// Scripts reach nothing outside of their pod, so whoever keeps the executions may simply start
/// such a pod again, or report the execution as failed; to wait for it would be wrong.
class PodRuntime {
  public:
    PodRuntime() = default;
    PodRuntime(const PodRuntime&) = delete;
    PodRuntime& operator=(const PodRuntime&) = delete;
    virtual ~PodRuntime() = default;

    /// Accepts the pod and returns at once; progress is seen by list() and watch(). A pod of that
    /// name that is already there counts as done, whatever its phase.
    /// Errors: invalid (the spec is not acceptable), busy (too many pods kept; remove finished
    /// ones and try again).
    virtual quipu::Result<void> start(const PodSpec& spec) = 0;

    /// Kills the pod if it is still alive and forgets it. An alive pod is first seen as finished
    /// with outcome `deleted`. No process of it is left on return. An absent pod counts as done.
    /// Errors: unavailable (its processes have not gone yet; try again).
    virtual quipu::Result<void> remove(std::string_view pod_name) = 0;

    /// The pods that are there, by name. A finished pod stays with its result until remove().
    [[nodiscard]] virtual quipu::Result<std::vector<PodStatus>> list() const = 0;

    /// The pod of that name, if it is there.
    [[nodiscard]] virtual quipu::Result<std::optional<PodStatus>> find(
        std::string_view pod_name) const = 0;

    /// From this call on `observer` is told each status at least once, those of one pod in order,
    /// by one thread of the runtime; first the status of each pod that is already there. It may
    /// call back into the runtime and may block: pods run on meanwhile. It replaces the previous
    /// observer, which is not called any more after the return. An empty one ends the watch.
    virtual void watch(PodObserver observer) = 0;

    /// What the runtime enforces on this machine and what it cannot, for an operator.
    [[nodiscard]] virtual std::string describe() const = 0;
};

}  // namespace integr8s::runtime
