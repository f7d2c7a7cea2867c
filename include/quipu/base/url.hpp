// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu {

/// `text` with everything but letters, digits and "-._~" percent-encoded: safe as one path part or
/// as a query name or value.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Decodes %XX; `plus_is_space` as in a query. Error invalid for a bad escape and for a result that
/// is not UTF-8 or has a NUL.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// "a=1&b=two+words". Empty pieces are skipped; a piece without '=' has an empty value. Errors:
/// invalid as above, limit for more than `params_max` pieces.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query, std::size_t params_max);

}  // namespace quipu
