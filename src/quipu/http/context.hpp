// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string_view>

#include "quipu/base/mutex.hpp"
#include "quipu/http/parse.hpp"
#include "quipu/http/policy.hpp"
#include "quipu/http/pool.hpp"
#include "quipu/http/router.hpp"
#include "quipu/http/server.hpp"

namespace quipu::http {

/// The number of open connections. One thread counts them; others may wait until none is left.
class ConnectionCount {
  public:
    void add();
    void remove() QUIPU_EXCLUDES(none_mutex_);
    [[nodiscard]] std::size_t now() const noexcept { return count_.load(); }
    /// Waits until no connection is open, without a limit if there is no `timeout`.
    void wait_for_none(std::optional<std::chrono::milliseconds> timeout)
        QUIPU_EXCLUDES(none_mutex_);

  private:
    std::atomic<std::size_t> count_{0};
    Mutex none_mutex_;  // prevents a waiter from missing the last decrement
    Condition none_;
};

/// The state shared by all connections of a server. Outlives them.
struct ServerContext {
    explicit ServerContext(HttpServerOptions with);

    const HttpServerOptions options;
    const ParseLimits limits;
    const Policy policy;
    Router router;
    HttpGuard guard;
    HandlerPool pool;
    std::stop_source stopping;

    ConnectionCount open;
    std::atomic<std::size_t> streams_open{0};
    std::atomic<std::uint64_t> connections{0}, refused{0}, requests{0};
    std::atomic<std::uint64_t> responses_4xx{0}, responses_5xx{0};

    void count_response(int status) noexcept;

    /// Calls guard and handler; an exception of either becomes a 500. Thread-safe.
    [[nodiscard]] HttpResponse call(const HttpHandler& handler, const HttpRequest& request) const;

    /// Reports an error to the operator; never throws.
    void report(std::string_view where, std::string_view what) const noexcept;
};

}  // namespace quipu::http
