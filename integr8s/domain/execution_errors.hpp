// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "quipu/base/error.hpp"

namespace integr8s {

/// The longest ids, of users and executions, that requests may name; in bytes.
inline constexpr std::size_t longest_id = 200;

/// ErrorCode::not_found for an execution.
[[nodiscard]] quipu::Error not_there(std::string_view execution_id);

}  // namespace integr8s
