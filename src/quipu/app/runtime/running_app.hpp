// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "quipu/app/app.hpp"
#include "quipu/app/control/protocol.hpp"
#include "quipu/app/control/socket.hpp"
#include "quipu/app/runtime/logger.hpp"
#include "quipu/app/runtime/metrics.hpp"
#include "quipu/app/runtime/purge_job.hpp"
#include "quipu/app/runtime/readiness.hpp"
#include "quipu/app/runtime/relay_watch.hpp"
#include "quipu/app/runtime/run_options.hpp"
#include "quipu/base/mutex.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/delivery/runtime.hpp"
#include "quipu/http/server.hpp"

namespace quipu {

/// A running program: its store, log, relay, groups, services, HTTP server and, where the store has
/// a single writer, its control socket. Call open_store(), open(), start(), start_groups() and
/// stop() in this order from one thread. open_store() and start_groups() may be called again after
/// a retryable error.
class RunningApp final : public Running {
  public:
    RunningApp(const AppDefinition& definition, const RunOptions& options, Logger& logger);
    ~RunningApp() override;

    [[nodiscard]] Result<void> open_store();
    /// Opens the log and prepares the services.
    [[nodiscard]] Result<void> open();
    /// Starts everything but relay and groups, so that HTTP can report the program's state.
    [[nodiscard]] Result<void> start();
    /// Starts the relay and the groups. Errors: unavailable (the log does not answer), not_found
    /// (topics are missing).
    [[nodiscard]] Result<void> start_groups();
    /// Sets why the program has not started yet, for /readyz.
    void waits_for(std::string reason) QUIPU_EXCLUDES(status_mutex_);
    /// Stops the program after the work in flight, waiting at most `deadline`. False if a handler
    /// is still running: the process must then end without destroying this object.
    [[nodiscard]] bool stop(std::chrono::milliseconds deadline);

    RawPublisher& publisher() override { return *publisher_; }
    Store& store() override { return *store_; }
    DeliveryRuntime& delivery() override { return *runtime_; }
    HttpServer* http() override { return http_.get(); }
    void log(std::string_view level, std::string_view text) override;

    /// Waits until the log has everything up to `position`; returns at once where the store is the
    /// log. Errors: unavailable (not within `timeout`).
    [[nodiscard]] Result<void> wait_published(std::int64_t position,
                                              std::chrono::milliseconds timeout);
    /// Waits until the groups have handled everything. False after `timeout`.
    [[nodiscard]] bool drain(std::chrono::milliseconds timeout);

    /// Whether the groups have been started.
    [[nodiscard]] bool started() const noexcept { return started_; }
    [[nodiscard]] Readiness readiness() QUIPU_EXCLUDES(status_mutex_);
    [[nodiscard]] std::string metrics();
    [[nodiscard]] ProgramStatus status();
    /// "127.0.0.1:8080" with the real port; empty without HTTP.
    [[nodiscard]] std::string http_address() const;

  private:
    [[nodiscard]] Result<void> make_http();
    void make_control();
    void make_runtime();
    [[nodiscard]] Result<void> make_log();
    [[nodiscard]] Result<void> check_topics();
    [[nodiscard]] std::optional<RelayStatus> relay_status() const;
    [[nodiscard]] EngineNotice notice();

    const AppDefinition& definition_;
    const RunOptions& options_;
    Logger& logger_;
    const Time started_at_ = now();
    std::atomic<bool> started_ = false;
    std::atomic<bool> stopping_ = false;
    std::string http_host_;

    Mutex status_mutex_;
    std::string waits_for_ QUIPU_GUARDED_BY(status_mutex_);
    std::string last_notice_ QUIPU_GUARDED_BY(status_mutex_);
    RelayWatch relay_watch_;
    bool relay_started_ = false;

    // Destroyed in reverse order: first the groups, then the relay, the log and the store.
    std::unique_ptr<Store> store_;
    std::unique_ptr<TopicLog> topic_log_;
    std::unique_ptr<Relay> relay_;
    std::unique_ptr<RawPublisher> publisher_;
    std::unique_ptr<AppendCounter> appended_;
    std::unique_ptr<DeliveryRuntime> runtime_;
    std::size_t services_started_ = 0;
    std::unique_ptr<PurgeJob> purge_;
    std::unique_ptr<HttpServer> http_;
    std::optional<ControlSocket> control_socket_;
    std::unique_ptr<HttpServer> control_;
};

}  // namespace quipu
