// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu {

/// Percent-encodes everything but letters, digits and "-._~". The result is safe as one segment of
/// a path and as a name or value of a query.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Decodes %XX, and "+" as a space if `plus_is_space` is set, as in a query. Error: invalid for a
/// malformed escape and for a result that is not UTF-8 or contains NUL.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// Parses and decodes a query such as "a=1&b=two+words", keeping order and repeated names. Empty
/// parameters are skipped; one without '=' has an empty value. Errors: invalid as above, limit for
/// more than `params_max` parameters.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query, std::size_t params_max);

}  // namespace quipu
