// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "quipu/base/error.hpp"
#include "quipu/http/message.hpp"

namespace quipu {

/// Where a server listens, and its limits. Every limit is enforced while bytes arrive, not after.
struct HttpServerOptions {
    std::string address = "127.0.0.1";  ///< an IP address or "localhost"; empty: no TCP
    std::uint16_t port = 0;             ///< 0: the system chooses one; see HttpServer::port()
    /// A Unix socket to listen on, in addition or instead, created with mode 0600; empty for none.
    /// The socket of a dead process is replaced; any other file at that path is an error.
    std::string unix_socket_path{};
    /// Permits an `address` that other machines can reach.
    bool allow_remote = false;

    /// Host names that requests over TCP may address, besides localhost and the address that the
    /// peer connected to. Requests for other hosts get 421, which prevents DNS rebinding.
    std::vector<std::string> allowed_hosts{};
    /// Answers 403 to a browser's request from another origin with a method that changes state.
    bool check_origin = true;
    std::vector<std::string> allowed_origins{};  ///< such as "https://console.example:8443"

    std::size_t body_bytes_max = 1 << 20;     ///< of a request; beyond it 413
    std::size_t header_bytes_max = 16 << 10;  ///< of request line and headers; beyond it 431
    std::size_t headers_max = 100;            ///< header lines; beyond it 431
    std::size_t connections_max = 512;        ///< beyond it 503, and the connection is closed
    std::size_t handler_threads = 4;
    std::size_t queued_requests_max = 256;  ///< waiting for a handler thread; beyond it 503

    std::chrono::milliseconds request_timeout{10'000};  ///< first byte to last byte of a request
    std::chrono::milliseconds idle_timeout{60'000};     ///< between two requests of a connection
    std::chrono::milliseconds write_timeout{30'000};    ///< without the peer reading any byte
    std::chrono::milliseconds stop_grace{5'000};        ///< for requests in flight in stop()

    std::size_t streams_max = 128;                ///< open event streams; beyond it 503
    std::size_t stream_events_max = 1024;         ///< queued for one stream
    std::size_t stream_bytes_max = 1 << 20;       ///< queued for one stream
    std::chrono::milliseconds heartbeat{15'000};  ///< sends a comment after this long without event

    /// Called on a handler thread with the text of an exception that a handler threw, as "GET
    /// /executions/{id}: ...". The peer only learns that the request failed.
    std::function<void(std::string_view)> on_error{};
};

/// Counters since the start; the last two are current values.
struct HttpServerStats {
    std::uint64_t connections = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t requests = 0;  ///< read completely
    std::uint64_t responses_4xx = 0;
    std::uint64_t responses_5xx = 0;
    std::size_t connections_open = 0;
    std::size_t streams_open = 0;
};

/// Runs on a handler thread and may block. An exception becomes a 500 without its text.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;
/// Called before the handler. A response that it returns, such as 401, is sent instead of calling
/// the handler.
using HttpGuard = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

/// An HTTP/1.1 server with routes, server-sent events and a limit on every resource. One thread
/// does all input and output; handlers run on a bounded pool; a stream needs no thread.
///
///     HttpServer server{{.port = 8080}};
///     server.route("GET", "/executions/{id}", [](const HttpRequest& request) {
///         return HttpResponse::json(200, find(request.path_param("id")));
///     });
///     if (auto started = server.start(); !started) return report(started.error());
class HttpServer {
  public:
    explicit HttpServer(HttpServerOptions options);
    ~HttpServer();  ///< calls stop()
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Adds a handler; call it before start(). "{name}" in the pattern matches one segment of the
    /// path that is not empty; a literal segment takes precedence. GET handlers also answer HEAD
    /// unless there is a HEAD handler; the server answers OPTIONS. Throws std::invalid_argument for
    /// a malformed pattern or a route that exists, std::logic_error after start().
    void route(std::string method, std::string_view pattern, HttpHandler handler);

    /// Sets the guard of all routes; call it before start(). It runs on the handler's thread.
    void guard(HttpGuard guard);

    /// Method and pattern of every route.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;

    /// Listens and starts the threads. Call it once. Errors: invalid (an address, a port or a path
    /// that cannot be listened on; a remote address without allow_remote), busy (address or socket
    /// in use), unavailable (the system is out of resources).
    [[nodiscard]] Result<void> start();

    /// Accepts no more connections, gives requests in flight `stop_grace` to finish, ends streams
    /// after their queues, then closes the remaining connections and waits for running handlers.
    /// Must not be called from a handler. Further calls do nothing.
    void stop();

    /// The TCP port in use; 0 without TCP and before start().
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// Thread-safe.
    [[nodiscard]] HttpServerStats stats() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace quipu
