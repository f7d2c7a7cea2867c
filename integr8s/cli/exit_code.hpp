// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace integr8s::cli {

/// The exit codes of `submit`, `cancel`, `result`, `languages` and `ready`.
enum class ExitCode : int {
    done = 0,         ///< with --follow: the script succeeded
    failed = 1,       ///< the script failed, timed out or was cancelled; or a negative result
    usage = 2,        ///< wrong usage, or a request that integr8s rejects
    unreachable = 3,  ///< integr8s is unreachable
    no_language = 4,  ///< the script's language is not installed on integr8s' machine
};

[[nodiscard]] constexpr int to_int(ExitCode code) noexcept {
    return static_cast<int>(code);
}

}  // namespace integr8s::cli
