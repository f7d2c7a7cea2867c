// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace quipu {

/// Edit distance (Levenshtein) of two names: how "did you mean" chooses.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace quipu
