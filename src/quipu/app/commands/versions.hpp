// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace quipu {

/// Name and version of the compiler, the C++ standard library and each library of this program.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace quipu
