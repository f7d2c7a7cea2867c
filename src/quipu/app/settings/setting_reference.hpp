// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace quipu {

/// The reference of all settings, as Markdown: docs/configuration.md.
[[nodiscard]] std::string setting_reference();

}  // namespace quipu
