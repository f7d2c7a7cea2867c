// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu {

/// Names and values of a configuration file, `name = value` a line, in their order. Names before
/// the first section stand as they are; in a section, [kafka] and sasl.username = name the same as
/// kafka.sasl.username =, [log] and level = the same as log-level =. Quotes around a whole value
/// are left out.
///
/// Errors: unavailable when it cannot be opened; invalid, with the line, for what is no INI file.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> read_settings_file(
    const std::string& path);

}  // namespace quipu
