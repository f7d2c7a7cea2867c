// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/not_published.hpp"

#include <string>

namespace quipu {

std::unexpected<Error> not_published(std::int64_t position, const RelayStatus& relay,
                                     std::string_view later) {
    std::string text =
        "it is stored at position " + std::to_string(position) + " and not in the log yet";
    if (!relay.problem.empty()) text += " (" + relay.problem + ")";
    text.append("; ").append(later).append(", unless it is among `dead-letters list --group ");
    text.append(relay_group).append("`");
    return fail(ErrorCode::unavailable, std::move(text));
}

}  // namespace quipu
