// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "faults/plan.hpp"
#include "quipu/store/store.hpp"

namespace quipu::faults {

/// The process that publishes and handles until SIGTERM; then it works off what is there and ends.
/// At SIGUSR1 it leaves the rest to others.
/// Exit codes: 0 idle in the end, 3 it could not begin, 5 not idle within the plan's patience.
[[nodiscard]] int run_child(const Plan& plan);

/// How everybody here opens the store of a history.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const Plan& plan);

}  // namespace quipu::faults
