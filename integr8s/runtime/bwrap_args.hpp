// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "integr8s/runtime/pod.hpp"

namespace integr8s::runtime {

/// Descriptors that bubblewrap finds open and consumes, after those of init/protocol.hpp.
struct SandboxDescriptors {
    static constexpr int init_image = 5;
    static constexpr int script = 6;
    static constexpr int passwd = 7;
    static constexpr int group = 8;
    static constexpr int hosts = 9;
    static constexpr int seccomp = 10;
};

/// The arguments of bubblewrap for `spec`, up to and including the pod's first program. They depend
/// on the machine's system directories.
[[nodiscard]] std::vector<std::string> bwrap_arguments(const PodSpec& spec);

/// The arguments of the pod's first program, without its name (see init/protocol.hpp).
/// `memory_by_rlimit` and `processes_by_rlimit` say which limits no cgroup enforces.
[[nodiscard]] std::vector<std::string> init_arguments(const PodSpec& spec, bool memory_by_rlimit,
                                                      bool processes_by_rlimit);

/// The environment of every script, as name and value; HOME and TMPDIR depend on `home`, `tmp`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> script_environment(
    const std::string& home, const std::string& tmp);

}  // namespace integr8s::runtime
