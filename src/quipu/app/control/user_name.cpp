// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/control/user_name.hpp"

#include <pwd.h>

#include <array>

#include "quipu/base/text.hpp"

namespace quipu {

std::string user_name(uid_t user) {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> buffer{};
    const int failed = ::getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
    return failed == 0 && found != nullptr ? to_valid_utf8(found->pw_name) : std::to_string(user);
}

}  // namespace quipu
