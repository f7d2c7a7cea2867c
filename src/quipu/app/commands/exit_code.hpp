// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "quipu/base/error.hpp"

namespace quipu {

/// The exit codes of a program; see run_app().
enum class ExitCode : int {
    done = 0,
    no = 1,           ///< a negative result: nothing found, or problems found
    usage = 2,        ///< wrong usage or input
    unreachable = 3,  ///< the program or its store cannot be reached or written
};

[[nodiscard]] constexpr int to_int(ExitCode code) noexcept {
    return static_cast<int>(code);
}

[[nodiscard]] constexpr ExitCode exit_code_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid:
        case ErrorCode::conflict:
        case ErrorCode::limit: return ExitCode::usage;
        case ErrorCode::not_found: return ExitCode::no;
        case ErrorCode::busy:
        case ErrorCode::unavailable:
        case ErrorCode::corrupt:
        case ErrorCode::internal: return ExitCode::unreachable;
    }
    return ExitCode::unreachable;
}

}  // namespace quipu
