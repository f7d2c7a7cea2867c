// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "quipu/base/error.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// How far an earlier promote of the same file to the same target came.
enum class PromoteState { fresh, unfinished, done };

/// Checks that `source` may be copied into `target`, and marks a fresh target as its copy. Errors:
/// invalid (both are one; `published_until` is beyond the end, or beyond what a group has
/// finished), conflict (the target holds something else), those of the stores.
[[nodiscard]] Result<PromoteState> begin_promote(Store& source, Store& target,
                                                 std::optional<std::int64_t> published_until);

/// Marks the copy as whole.
[[nodiscard]] Result<void> end_promote(Store& source, Store& target);

}  // namespace quipu
