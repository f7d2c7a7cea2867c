// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "quipu/app/promote/promote.hpp"
#include "quipu/base/error.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// Compares both stores for promote(): what was compared, or an error if they differ.
[[nodiscard]] Result<Promoted> compare_stores(Store& source, const std::filesystem::path& file,
                                              Store& target);

}  // namespace quipu
