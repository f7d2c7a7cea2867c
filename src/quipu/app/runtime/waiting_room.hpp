// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "quipu/app/runtime/logger.hpp"
#include "quipu/app/runtime/run_options.hpp"
#include "quipu/app/runtime/stop_signals.hpp"
#include "quipu/base/error.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/http/server.hpp"

namespace quipu {

/// Tries again what may succeed later, with growing pauses: 0.5 s to 15 s. Says why it waits, once
/// for each reason, and stops waiting when a signal comes.
class WaitingRoom {
  public:
    WaitingRoom(StopSignals& signals, Logger& logger) : signals_(signals), logger_(logger) {}

    /// Called with each new reason, beside the line in the log.
    std::function<void(const std::string&)> on_reason;

    /// The first result of `attempt` that is a success or an error that will not pass. An error
    /// that may pass is only returned when a signal came: see stopped().
    [[nodiscard]] Result<void> persist(const std::function<Result<void>()>& attempt);

    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  private:
    StopSignals& signals_;
    Logger& logger_;
    bool stopped_ = false;
};

/// Answers /healthz and /readyz for a program that waits for its store and so has no server of its
/// own yet. Without --http it does nothing.
class WaitingServer {
  public:
    /// Listens from here on; a port in use is found by the program itself.
    explicit WaitingServer(const RunOptions& options);
    ~WaitingServer();
    void set_reason(std::string reason) QUIPU_EXCLUDES(reason_mutex_);

  private:
    Mutex reason_mutex_;
    std::string reason_ QUIPU_GUARDED_BY(reason_mutex_);
    std::unique_ptr<HttpServer> server_;
};

}  // namespace quipu
