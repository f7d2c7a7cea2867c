// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu {

/// The names and values of a configuration file with lines `name = value`, in their order. In a
/// section, names get its name as a prefix: sasl.username in [kafka] is kafka.sasl.username, level
/// in [log] is log-level. Quotes around a whole value are removed.
///
/// Errors: unavailable if the file cannot be opened; invalid, with the line, if it is not an INI
/// file.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> read_settings_file(
    const std::string& path);

}  // namespace quipu
