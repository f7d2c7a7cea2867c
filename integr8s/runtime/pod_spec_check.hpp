// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "integr8s/runtime/pod.hpp"
#include "integr8s/runtime/sandbox_runtime.hpp"
#include "quipu/base/error.hpp"

namespace integr8s::runtime {

/// Checks whether a runtime with `options` may accept `spec`. Errors: invalid, naming the field.
[[nodiscard]] quipu::Result<void> check_pod_spec(const PodSpec& spec,
                                                 const SandboxOptions& options);

/// Checks `options`. Errors: invalid, naming the option.
[[nodiscard]] quipu::Result<void> check_sandbox_options(const SandboxOptions& options);

}  // namespace integr8s::runtime
