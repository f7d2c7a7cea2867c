#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "quipu/app/app.hpp"
#include "quipu/app/arguments.hpp"
#include "quipu/app/control_protocol.hpp"
#include "quipu/app/control_socket.hpp"
#include "quipu/app/http.hpp"
#include "quipu/app/log.hpp"
#include "quipu/app/metrics.hpp"
#include "quipu/app/purge_job.hpp"
#include "quipu/app/readiness.hpp"
#include "quipu/delivery/runtime.hpp"

namespace quipu {

/// A program while it runs: the store as its one writer, its groups, its services, its HTTP server
/// and its control socket. open(), start(), stop(), in that order, from one thread.
class Shell final : public Running {
  public:
    Shell(const AppDefinition& definition, const Arguments& arguments, Log& log);
    ~Shell() override;

    [[nodiscard]] Result<void> open();
    [[nodiscard]] Result<void> start();
    /// Lets what is in flight finish, at most for `deadline`. False when a handler still runs then:
    /// the process must end without destroying this object.
    [[nodiscard]] bool stop(std::chrono::milliseconds deadline);

    RawPublisher& publisher() override { return *publisher_; }
    Store& store() override { return *store_; }
    DeliveryRuntime& delivery() override { return *runtime_; }
    HttpServer* http() override { return http_.get(); }
    void log(std::string_view level, std::string_view text) override;

    [[nodiscard]] Readiness readiness();
    [[nodiscard]] std::string metrics();
    [[nodiscard]] ProgramStatus status();
    /// "127.0.0.1:8080" with the real port; empty without HTTP.
    [[nodiscard]] std::string http_address() const;

  private:
    [[nodiscard]] Result<void> make_http();
    void make_control();
    void make_runtime();

    const AppDefinition& definition_;
    const Arguments& arguments_;
    Log& log_;
    const Time started_at_ = now();
    std::atomic<bool> started_ = false;
    std::atomic<bool> stopping_ = false;
    std::string http_host_;

    std::unique_ptr<Store> store_;
    std::unique_ptr<RawPublisher> publisher_;
    std::unique_ptr<AppendCounter> appended_;
    std::unique_ptr<DeliveryRuntime> runtime_;
    std::size_t services_started_ = 0;
    std::unique_ptr<PurgeJob> purge_;
    std::unique_ptr<HttpServer> http_;
    ControlSocket control_socket_;
    std::unique_ptr<HttpServer> control_;
};

/// "host:port", ":port", "port" or "[v6]:port"; the host is 127.0.0.1 when there is none.
[[nodiscard]] Result<std::pair<std::string, std::uint16_t>> parse_http_address(
    std::string_view text);

}  // namespace quipu
