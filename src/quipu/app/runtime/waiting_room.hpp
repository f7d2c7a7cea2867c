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

/// Retries an operation with growing pauses, from 0.5 s to 15 s. Logs each new reason for waiting
/// once, and stops waiting when a signal arrives.
class WaitingRoom {
  public:
    WaitingRoom(StopSignals& signals, Logger& logger) : signals_(signals), logger_(logger) {}

    /// Called with each new reason, in addition to the log line.
    std::function<void(const std::string&)> on_reason;

    /// Calls `attempt` until it succeeds or fails with an error that is not retryable, and returns
    /// that result. Returns a retryable error only after a signal: see stopped().
    [[nodiscard]] Result<void> persist(const std::function<Result<void>()>& attempt);

    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

  private:
    StopSignals& signals_;
    Logger& logger_;
    bool stopped_ = false;
};

/// Serves /healthz and /readyz for a program that waits for its store and therefore does not serve
/// HTTP itself yet. Does nothing without --http.
class WaitingServer {
  public:
    /// Starts to listen. A port in use is ignored here: the program itself reports it later.
    explicit WaitingServer(const RunOptions& options);
    ~WaitingServer();
    void set_reason(std::string reason) QUIPU_EXCLUDES(reason_mutex_);

  private:
    Mutex reason_mutex_;
    std::string reason_ QUIPU_GUARDED_BY(reason_mutex_);
    std::unique_ptr<HttpServer> server_;
};

}  // namespace quipu
