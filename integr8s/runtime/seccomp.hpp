// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// The system call filter of a pod as a BPF program. It rejects calls that no script needs and that
/// sandbox escapes have used: mounts, new namespaces, tracing, kernel keyring, bpf, perf, io_uring,
/// userfaultfd, modules, clocks, memory policy, terminal injection, unusual socket families, and
/// calls of another architecture. Errors: unavailable (the library cannot build it here).
[[nodiscard]] quipu::Result<std::string> seccomp_program();

}  // namespace integr8s::runtime
