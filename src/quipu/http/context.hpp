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

/// How many connections are open; one thread counts, others wait for none.
class ConnectionCount {
  public:
    void add();
    void remove() QUIPU_EXCLUDES(none_mutex_);
    [[nodiscard]] std::size_t now() const noexcept { return count_.load(); }
    /// Waits until none is open, for ever without a `timeout`.
    void wait_for_none(std::optional<std::chrono::milliseconds> timeout)
        QUIPU_EXCLUDES(none_mutex_);

  private:
    std::atomic<std::size_t> count_{0};
    Mutex none_mutex_;  // so that no waiter misses the last decrement
    Condition none_;
};

/// What all connections of a server share. It outlives them.
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

    /// Guard and handler, for any thread: what either throws becomes a 500.
    [[nodiscard]] HttpResponse call(const HttpHandler& handler, const HttpRequest& request) const;

    /// Tells the operator; never throws.
    void report(std::string_view where, std::string_view what) const noexcept;
};

}  // namespace quipu::http
