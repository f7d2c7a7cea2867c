// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// The system call filter of a pod as a BPF program. It refuses what no script needs and what
/// breakouts have used: mounts, new namespaces, tracing, kernel keyring, bpf, perf, io_uring,
/// userfaultfd, modules, clocks, memory policy, terminal injection, odd socket families, and
/// calls of another architecture.
/// Errors: unavailable (the library cannot build it on this machine).
[[nodiscard]] quipu::Result<std::string> seccomp_program();

}  // namespace integr8s::runtime
