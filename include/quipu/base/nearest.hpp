// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace quipu {

/// The edit distance (Levenshtein) of two names, by which "did you mean" suggestions are ranked.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace quipu
