// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace quipu {

/// Name and version of the compiler, of the language library and of each library in this program.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace quipu
