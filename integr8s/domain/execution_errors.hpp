// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include "quipu/base/error.hpp"

namespace integr8s {

/// The longest permitted id of a user or an execution in a request, in bytes.
inline constexpr std::size_t longest_id = 200;

/// The error for an execution that does not exist.
[[nodiscard]] quipu::Error not_there(std::string_view execution_id);

}  // namespace integr8s
