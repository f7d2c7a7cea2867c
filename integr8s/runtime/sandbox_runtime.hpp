// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "integr8s/runtime/pod_runtime.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

struct SandboxOptions {
    /// Pods that run at the same time; the others wait as pending, first come first served.
    std::size_t max_running = 10;
    /// Pods kept at the same time, finished ones included. Bounds the memory for results.
    std::size_t max_pods = 256;
    /// Largest script accepted, in bytes.
    std::size_t max_script_bytes = 1U << 20;
    /// Longest wall clock limit accepted.
    std::chrono::milliseconds max_timeout{3'600'000};
    /// A pod that has written more than this in total is killed (outcome output_limit). Up to this
    /// amount, output beyond the limit is read and discarded, so that it never blocks the script.
    std::uint64_t flood_bytes = 64ULL << 20;
    /// The longest time for setting up a sandbox. After it the pod fails with system_error.
    std::chrono::milliseconds setup_timeout{60'000};
    /// Path of bubblewrap; empty searches /usr/bin and /usr/local/bin.
    std::string bwrap_path = {};
    /// False disables cgroups: memory, processes and processor share are then limited less well.
    bool use_cgroups = true;
    /// Directory of the cgroup (version 2) file system in which the pods' groups are created; empty
    /// means the program's own group.
    std::string cgroup_parent = {};
    /// Started as root, pods run as the otherwise unused users [first_uid, first_uid +
    /// max_running). The default lies in a range that systemd leaves alone. 0 keeps root's uid
    /// outside (it has no capability inside either way).
    std::uint32_t first_uid = 60'600;
    /// Runs scripts WITHOUT a sandbox, with all rights of this program. Only for machines that are
    /// isolated themselves.
    bool unsafe_no_sandbox = false;
};

/// The runtime that runs each pod in a bubblewrap sandbox on this machine: own user, process,
/// network, IPC, host name and cgroup namespaces, read-only system directories, no capability, a
/// system call filter, no descriptor and no environment of this program. First runs one pod to
/// check that the sandbox works on this machine, and fails otherwise. Errors: invalid (an option),
/// unavailable (the sandbox cannot be set up), with the reason and the remedy. Uses one thread for
/// the pods and one for the observer; destroying the runtime kills all pods.
[[nodiscard]] quipu::Result<std::unique_ptr<PodRuntime>> make_sandbox_runtime(
    SandboxOptions options);

}  // namespace integr8s::runtime
