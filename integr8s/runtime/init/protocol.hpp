// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace integr8s::runtime::init {

/// A report of a pod's first process through its status pipe. Both ends are of the same build, so
/// the struct is sent as its bytes; it is smaller than PIPE_BUF, so writing it is atomic.
struct StatusReport {
    enum Kind : std::uint32_t {
        spawn_failed = 1,  ///< the sandbox program could not be executed; `error` has errno
        exec_failed = 2,   ///< the script's command could not be executed; `error` has errno
        started = 3,       ///< the script's command runs
        ended = 4,         ///< it ended; all other fields are set
    };
    std::uint32_t kind = 0;
    std::int32_t error = 0;
    std::int32_t wait_status = 0;  ///< of the script's first process, as wait() gives it
    std::uint32_t killed = 0;      ///< 1: killed because the runtime closed the lifeline
    std::uint64_t wall_us = 0;
    std::uint64_t cpu_us = 0;  ///< of all processes of the pod
    std::uint64_t peak_kb = 0;
};

/// The open descriptors of the first process, besides 0, 1 and 2 of the script.
constexpr int status_fd = 3;    ///< write end of the status pipe
constexpr int lifeline_fd = 4;  ///< read end of a pipe: its end of file means "kill everything"

/// Command line: init <data limit> <processes> <cpu seconds> <file size> <open files> <command...>
/// A data limit or process count of 0 sets none.
constexpr int first_command_argument = 6;

}  // namespace integr8s::runtime::init
