// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace quipu {

/// Fails for an option of a MongoDB URL that libmongoc does not know, and suggests the most similar
/// valid one; libmongoc itself would only log a warning and ignore the option. `query` is the text
/// after the "?".
[[nodiscard]] std::expected<void, std::string> check_mongodb_options(std::string_view query);

}  // namespace quipu
