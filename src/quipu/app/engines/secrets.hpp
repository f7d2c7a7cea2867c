// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace quipu {

/// `text` with "***" in place of the passwords of URLs and the values of their secret parameters.
/// Masks too much rather than too little: a URL ends at white space or a quotation mark only.
[[nodiscard]] std::string mask_secrets(std::string_view text);

/// The same for a text that is one URL, whatever characters it contains.
[[nodiscard]] std::string mask_url(std::string_view url);

}  // namespace quipu
