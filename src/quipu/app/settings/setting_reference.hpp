// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quipu {

/// Every setting of every program, as a page of Markdown: docs/configuration.md.
[[nodiscard]] std::string setting_reference();

}  // namespace quipu
