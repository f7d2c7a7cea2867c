// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "integr8s/runtime/launcher.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// Runs a command that does nothing as a pod, and waits for it.
/// Errors: unavailable, with the reason and what to do about it.
[[nodiscard]] quipu::Result<void> probe_sandbox(const Launcher& launcher);

/// What to do about a sandbox that failed with `reason`; empty if nothing is known.
[[nodiscard]] std::string sandbox_advice(const std::string& reason);

}  // namespace integr8s::runtime
