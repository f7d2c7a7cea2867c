// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/secret_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace quipu {

bool is_secret_name(std::string_view name) {
    // By their words rather than by a list: engines' versions add properties. The names that have
    // none of these words hold passwords and tokens among other things.
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
    // Where a token or a key is fetched from is no secret.
    if (text.ends_with(".url") || text.ends_with("location")) return false;
    return std::ranges::any_of(parts, [&](const char* part) { return text.contains(part); });
}

}  // namespace quipu
