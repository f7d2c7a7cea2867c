// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <chrono>
#include <thread>

namespace quipu {

/// Waits for SIGTERM and SIGINT without a signal handler. Create it before any other thread, on the
/// thread that will wait: it blocks the signals there, and threads created later inherit that. Also
/// ignores SIGPIPE. The destructor restores the previous settings.
class StopSignals {
  public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// Waits for a signal and returns its number; 0 after `timeout`.
    [[nodiscard]] int wait(std::chrono::milliseconds timeout);

    /// Makes further signals end the process at once, with 128 + the signal's number, which is what
    /// a shell reports for a process that a signal killed.
    void exit_on_next();

  private:
    sigset_t signals_{};
    sigset_t before_{};
    struct sigaction pipe_before_{};
    std::jthread watcher_;
};

}  // namespace quipu
