// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "integr8s/runtime/files.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// A program to start, and everything that it inherits.
struct SpawnPlan {
    std::string program;  ///< absolute path
    std::vector<std::string> argv;
    std::vector<std::string> environment;  ///< "NAME=value"; nothing else is inherited
    std::string directory = "/";
    /// The descriptors that it inherits: (descriptor here, number there). The numbers must be 0 to
    /// n-1; all other descriptors are closed.
    std::vector<std::pair<int, int>> descriptors;
    std::vector<int> cgroup_procs;     ///< open cgroup.procs files to join
    std::optional<std::uint32_t> uid;  ///< user and group to become; needs root
    int status_descriptor = 3;  ///< the child's number of the status pipe, for a failed start
};

struct Child {
    pid_t pid = -1;
    quipu::Descriptor pidfd;  ///< readable once the process has ended
};

/// Starts the program as a child in a session of its own, with no signal blocked or ignored. Safe
/// in a program with threads. A failure after the fork is reported as an init::StatusReport through
/// the status pipe. The caller reaps the child. Errors: unavailable (no process or descriptor
/// left).
[[nodiscard]] quipu::Result<Child> spawn(const SpawnPlan& plan);

}  // namespace integr8s::runtime
