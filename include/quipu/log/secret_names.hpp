// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace quipu {

/// True for names of settings, properties and URL parameters whose values are passwords, keys or
/// tokens. Upper and lower case are the same.
[[nodiscard]] bool is_secret_name(std::string_view name);

}  // namespace quipu
