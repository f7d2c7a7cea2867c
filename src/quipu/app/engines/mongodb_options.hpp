// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace quipu {

/// Fails for an option of a MongoDB URL that libmongoc does not know, with the nearest right one:
/// libmongoc itself only warns and goes on without it. `query` is what stands after the "?".
[[nodiscard]] std::expected<void, std::string> check_mongodb_options(std::string_view query);

}  // namespace quipu
