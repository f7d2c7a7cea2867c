#pragma once

#include <string>
#include <string_view>

namespace quipu {

/// True for names of settings and properties whose values are passwords, keys or tokens.
[[nodiscard]] bool is_secret_name(std::string_view name);

/// `text` with the password of every URL in it, and the values of its secret parameters, as "***".
/// Rather too much than too little: a URL ends at white space or a quotation mark.
[[nodiscard]] std::string mask_secrets(std::string_view text);

/// One URL, whatever characters are in it.
[[nodiscard]] std::string mask_url(std::string_view url);

}  // namespace quipu
