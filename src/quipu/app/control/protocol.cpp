// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/control/protocol.hpp"

#include <array>

namespace quipu {

int http_status_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid: return 400;
        case ErrorCode::not_found: return 404;
        case ErrorCode::conflict: return 409;
        case ErrorCode::limit: return 413;
        case ErrorCode::busy:
        case ErrorCode::unavailable: return 503;
        case ErrorCode::corrupt:
        case ErrorCode::internal: return 500;
    }
    return 500;
}

ErrorCode error_code_of(const ControlProblem& problem) noexcept {
    constexpr std::array codes{ErrorCode::invalid, ErrorCode::not_found, ErrorCode::conflict,
                               ErrorCode::busy,    ErrorCode::limit,     ErrorCode::unavailable,
                               ErrorCode::corrupt, ErrorCode::internal};
    for (const ErrorCode code : codes) {
        if (problem.type == to_string(code)) return code;
    }
    return ErrorCode::internal;
}

GroupLive live_of(const GroupStatus& status) {
    return {.group = status.group,
            .in_flight = static_cast<std::int64_t>(status.in_flight),
            .handled = static_cast<std::int64_t>(status.handled),
            .failed = static_cast<std::int64_t>(status.failed),
            .dead_lettered = static_cast<std::int64_t>(status.dead_lettered),
            .problem = status.problem};
}

}  // namespace quipu
