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

/// Where a server listens and what it puts up with. Every bound holds from the first byte on.
struct HttpServerOptions {
    std::string address = "127.0.0.1";  ///< an IP address or "localhost"; empty: no TCP
    std::uint16_t port = 0;             ///< 0: the system picks one, see HttpServer::port()
    /// Listen (also) on this Unix socket, made with mode 0600. A file left by a dead process is
    /// replaced; anything else at that path is an error. Empty: none.
    std::string unix_socket_path{};
    /// An `address` that other machines can reach is refused unless this is set.
    bool allow_remote = false;

    /// Names that a Host header may have besides localhost and the address the peer connected to;
    /// any other is refused (421) on TCP, for a page elsewhere may point its name at this machine.
    std::vector<std::string> allowed_hosts{};
    /// A browser's request from another origin by a method that changes something is refused (403).
    bool check_origin = true;
    std::vector<std::string> allowed_origins{};  ///< such as "https://console.example:8443"

    std::size_t body_bytes_max = 1 << 20;     ///< a larger request body: 413
    std::size_t header_bytes_max = 16 << 10;  ///< request line and headers; more: 431
    std::size_t headers_max = 100;            ///< more header lines: 431
    std::size_t connections_max = 512;        ///< one more is answered 503 and closed
    std::size_t handler_threads = 4;
    std::size_t queued_requests_max = 256;  ///< waiting for a handler thread; one more: 503

    std::chrono::milliseconds request_timeout{10'000};  ///< first byte to last byte of a request
    std::chrono::milliseconds idle_timeout{60'000};     ///< between requests of one connection
    std::chrono::milliseconds write_timeout{30'000};    ///< for a peer to take any bytes at all
    std::chrono::milliseconds stop_grace{5'000};        ///< for requests in flight in stop()

    std::size_t streams_max = 128;                ///< open event streams; one more: 503
    std::size_t stream_events_max = 1024;         ///< queued for one stream
    std::size_t stream_bytes_max = 1 << 20;       ///< queued for one stream
    std::chrono::milliseconds heartbeat{15'000};  ///< a comment after so long without an event

    /// Called on a handler thread with what a handler threw: "GET /executions/{id}: ...". The peer
    /// is only told that the request failed.
    std::function<void(std::string_view)> on_error{};
};

/// Counts since the start, and of what is open at this moment.
struct HttpServerStats {
    std::uint64_t connections = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t requests = 0;  ///< that were read completely
    std::uint64_t responses_4xx = 0;
    std::uint64_t responses_5xx = 0;
    std::size_t connections_open = 0;
    std::size_t streams_open = 0;
};

/// Runs on a handler thread and may block. An exception becomes a 500 without its text.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;
/// Decides before the handler: a response (such as 401) is sent instead of calling it.
using HttpGuard = std::function<std::optional<HttpResponse>(const HttpRequest&)>;

/// An HTTP/1.1 server for one machine: routes, bounded everything, server-sent events. One thread
/// does all input and output; handlers run on a bounded pool; a stream costs no thread.
///
///     HttpServer server{{.port = 8080}};
///     server.route("GET", "/executions/{id}", [](const HttpRequest& request) {
///         return HttpResponse::json(200, find(request.path_param("id")));
///     });
///     if (auto started = server.start(); !started) return report(started.error());
class HttpServer {
  public:
    explicit HttpServer(HttpServerOptions options);
    ~HttpServer();  ///< stops
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Adds a handler, before start(). A "{name}" in the pattern stands for one path part, which is
    /// not empty; a literal part wins over it. HEAD is answered by GET's handler unless it has its
    /// own, OPTIONS by the server. Throws std::invalid_argument for a malformed pattern or one that
    /// is there already, std::logic_error after start().
    void route(std::string method, std::string_view pattern, HttpHandler handler);

    /// Sets the guard for all routes, before start(). It runs on the handler's thread.
    void guard(HttpGuard guard);

    /// Method and pattern of every route.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> routes() const;

    /// Listens and starts the threads. Errors: invalid (an address, a port, a path that cannot be
    /// listened on; a remote address without allow_remote), busy (address or socket in use),
    /// unavailable (the system has no room left). Call it once.
    [[nodiscard]] Result<void> start();

    /// Takes no more connections, lets requests in flight finish for `stop_grace`, ends the streams
    /// after what is queued for them, then cuts what is left and waits for handlers still running.
    /// Not to be called from a handler. Calling it again is harmless.
    void stop();

    /// The TCP port in use; 0 without TCP or before start().
    [[nodiscard]] std::uint16_t port() const noexcept;

    [[nodiscard]] HttpServerStats stats() const noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace quipu
