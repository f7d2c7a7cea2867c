// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "integr8s/runtime/launcher.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// Runs a command that does nothing as a pod and waits for it. Errors: unavailable, with the reason
/// and the remedy.
[[nodiscard]] quipu::Result<void> probe_sandbox(const Launcher& launcher);

/// The remedy for a sandbox that failed with `reason`; empty if none is known.
[[nodiscard]] std::string sandbox_advice(const std::string& reason);

}  // namespace integr8s::runtime
