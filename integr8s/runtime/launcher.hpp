// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "integr8s/runtime/cgroup.hpp"
#include "integr8s/runtime/pod_process.hpp"
#include "integr8s/runtime/sandbox_runtime.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// Starts pods, and owns what all pods of a runtime share.
class Launcher {
  public:
    /// Errors: unavailable (a requirement is missing on this machine), with the remedy.
    [[nodiscard]] static quipu::Result<Launcher> make(const SandboxOptions& options);

    /// Starts the processes of a pod. `place` must be below max_running and not be used by another
    /// pod that has processes. The calling thread must outlive the pod, which is killed when the
    /// thread ends.
    [[nodiscard]] quipu::Result<std::unique_ptr<PodProcess>> launch(const PodSpec& spec,
                                                                    std::size_t place) const;

    [[nodiscard]] std::string describe() const;

  private:
    Launcher(const SandboxOptions& options, std::string bwrap, std::string seccomp,
             CgroupParent cgroups);
    [[nodiscard]] quipu::Result<Child> spawn_sandboxed(const PodSpec& spec, SpawnPlan plan) const;
    [[nodiscard]] quipu::Result<Child> spawn_unsafe(const PodSpec& spec, SpawnPlan plan,
                                                    const std::string& directory) const;

    SandboxOptions options_;
    std::string bwrap_;
    std::string seccomp_;  ///< the system call filter
    CgroupParent cgroups_;
};

}  // namespace integr8s::runtime
