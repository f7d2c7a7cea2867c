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

/// Receives each status of each pod. Returns true once it has dealt with the status. After false or
/// an exception it receives the same status again a little later, and no later status of that pod
/// before it; other pods are not affected.
using PodObserver = std::function<bool(const PodStatus&)>;

/// Runs scripts as pods. All functions may be called from any thread.
///
/// Pods exist only as long as the runtime: when the program ends, even by SIGKILL, its pods are
/// killed, and list() after the restart shows none of them. Results that had not been read are
/// lost. Scripts cannot affect anything outside their pod, so the owner of the executions may start
/// such a pod again or report the execution as failed; it must not wait for it.
class PodRuntime {
  public:
    PodRuntime() = default;
    PodRuntime(const PodRuntime&) = delete;
    PodRuntime& operator=(const PodRuntime&) = delete;
    virtual ~PodRuntime() = default;

    /// Accepts the pod and returns at once; list() and watch() show its progress. Succeeds without
    /// any effect if there is a pod of that name, whatever its phase. Errors: invalid (the
    /// specification), busy (too many pods are kept; remove finished ones and try again).
    virtual quipu::Result<void> start(const PodSpec& spec) = 0;

    /// Kills the pod if it is alive and removes it. A pod that was alive is first reported as
    /// finished with outcome `deleted`. When it returns, the pod has no processes. Succeeds if
    /// there is no such pod. Errors: unavailable (its processes have not ended yet; try again).
    virtual quipu::Result<void> remove(std::string_view pod_name) = 0;

    /// The existing pods, by name. A finished pod is kept with its result until remove().
    [[nodiscard]] virtual quipu::Result<std::vector<PodStatus>> list() const = 0;

    /// The pod of that name, if it exists.
    [[nodiscard]] virtual quipu::Result<std::optional<PodStatus>> find(
        std::string_view pod_name) const = 0;

    /// Sets the observer. It receives every status at least once, those of one pod in order, on one
    /// thread of the runtime, starting with the current status of each existing pod. It may call
    /// the runtime and may block, while pods continue to run. When this returns, the previous
    /// observer is not called any more. An empty observer ends the watch.
    virtual void watch(PodObserver observer) = 0;

    /// What the runtime can and cannot enforce on this machine, for an operator.
    [[nodiscard]] virtual std::string describe() const = 0;
};

}  // namespace integr8s::runtime
