// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <chrono>
#include <thread>

namespace quipu {

/// Turns SIGTERM and SIGINT into something to wait for. Make it before the program's threads, on
/// the thread that will wait: it blocks the signals there, threads made later inherit that, and no
/// code runs inside a signal handler. Ignores SIGPIPE. The destructor puts back what was there.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// The number of a signal that came within `timeout`; 0 if none did.
    [[nodiscard]] int wait(std::chrono::milliseconds timeout);

    /// From here on a signal ends the process at once, with 128 + its number, as a shell reports
    /// a process that a signal killed.
    void exit_on_next();

  private:
    sigset_t signals_{};
    sigset_t before_{};
    struct sigaction pipe_before_{};
    std::jthread watcher_;
};

}  // namespace quipu
