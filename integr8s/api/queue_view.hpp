// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "integr8s/api/system_views.hpp"
#include "quipu/base/error.hpp"
#include "quipu/store/store.hpp"

namespace integr8s::api {

/// The coordinator's queue. Errors: those of the store; corrupt.
[[nodiscard]] quipu::Result<QueueView> read_queue(quipu::Store& store, std::int64_t limit);

}  // namespace integr8s::api
