// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/secret_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace quipu {

bool is_secret_name(std::string_view name) {
    // Matched by words rather than by a list of names, because new versions of the engines add
    // properties. The last four are names without such a word whose values may contain secrets.
    constexpr std::array parts{"password",
                               "passwd",
                               "secret",
                               "token",
                               "private",
                               "key.pem",
                               "jaas.config",
                               "oauthbearer.config",
                               "oauthbearer.extensions",
                               "authmechanismproperties"};
    std::string text(name);
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    // The place of a token or key is not a secret.
    if (text.ends_with(".url") || text.ends_with("location")) return false;
    return std::ranges::any_of(parts, [&](const char* part) { return text.contains(part); });
}

}  // namespace quipu
