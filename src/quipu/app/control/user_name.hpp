// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

namespace quipu {

/// The system's name for a user, or the number where it has none.
[[nodiscard]] std::string user_name(uid_t user);

}  // namespace quipu
