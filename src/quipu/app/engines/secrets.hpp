// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace quipu {

/// `text` with the password of every URL in it, and the values of its secret parameters, as "***".
/// Rather too much than too little: a URL ends at white space or a quotation mark.
[[nodiscard]] std::string mask_secrets(std::string_view text);

/// One URL, whatever characters are in it.
[[nodiscard]] std::string mask_url(std::string_view url);

}  // namespace quipu
