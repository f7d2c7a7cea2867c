// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace integr8s::cli {

/// What `submit`, `cancel`, `result`, `languages` and `ready` tell their caller.
enum class ExitCode : int {
    done = 0,         ///< with --follow: the script succeeded
    failed = 1,       ///< the script failed, timed out or was cancelled; or the answer is no
    usage = 2,        ///< wrong usage, or a request that integr8s refuses
    unreachable = 3,  ///< no integr8s answers
    no_language = 4,  ///< the script's language is not installed where integr8s runs
};

[[nodiscard]] constexpr int to_int(ExitCode code) noexcept {
    return static_cast<int>(code);
}

}  // namespace integr8s::cli
