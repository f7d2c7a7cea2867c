// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "quipu/base/error.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// The progress of an earlier promote of the same file to the same target.
enum class PromoteState { fresh, unfinished, done };

/// Checks that `source` may be copied into `target`, and marks an empty target as its copy. Errors:
/// invalid (both are the same store; `published_until` is beyond the end, or beyond the position of
/// a group), conflict (the target contains something else), and those of the stores.
[[nodiscard]] Result<PromoteState> begin_promote(Store& source, Store& target,
                                                 std::optional<std::int64_t> published_until);

/// Marks the copy as complete.
[[nodiscard]] Result<void> end_promote(Store& source, Store& target);

}  // namespace quipu
