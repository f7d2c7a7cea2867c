// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <utility>

#include "quipu/base/mutex.hpp"
#include "quipu/http/listen.hpp"
#include "quipu/http/loop.hpp"
#include "quipu/http/server.hpp"
#include "quipu/http/session.hpp"
#include "quipu/http/socket.hpp"
#include "quipu/http/unix_socket.hpp"

namespace quipu {
namespace {

constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n";

}  // namespace

struct HttpServer::Impl {
    explicit Impl(HttpServerOptions options) : context(std::move(options)) {}

    Result<void> listen_tcp();
    Result<void> listen_unix();
    Result<void> take_from(std::optional<http::Acceptor>& acceptor, Descriptor listening);
    void adopt(Descriptor connection);
    void begin_stop();
    void close_all();

    http::ServerContext context;
    http::Loop loop;
    std::optional<http::Acceptor> tcp_acceptor, unix_acceptor;
    std::optional<http::UnixListener> unix_file;
    std::unordered_set<std::shared_ptr<http::Session>> sessions;
    std::uint16_t port = 0;
    bool started = false;
    Mutex thread_mutex;  // stop() may be called by several threads
    std::jthread thread QUIPU_GUARDED_BY(thread_mutex);
};

Result<void> HttpServer::Impl::listen_tcp() {
    auto listener = http::listen_tcp(context.options);
    if (!listener) return std::unexpected(std::move(listener.error()));
    port = listener->port;
    return take_from(tcp_acceptor, std::move(listener->descriptor));
}

Result<void> HttpServer::Impl::listen_unix() {
    auto listener = http::UnixListener::listen(context.options.unix_socket_path);
    if (!listener) return std::unexpected(std::move(listener.error()));
    unix_file.emplace(std::move(*listener));
    return take_from(unix_acceptor, unix_file->release());
}

Result<void> HttpServer::Impl::take_from(std::optional<http::Acceptor>& acceptor,
                                         Descriptor listening) try {
    acceptor.emplace(loop, std::move(listening),
                     [this](Descriptor connection) { adopt(std::move(connection)); });
    return {};
} catch (const std::system_error& error) {
    return fail(ErrorCode::unavailable, std::string("HTTP server: ") + error.what());
}

void HttpServer::Impl::adopt(Descriptor connection) {
    auto ends = http::ends_of(connection.get());
    if (!ends) return;
    if (sessions.size() >= context.options.connections_max) {
        ++context.refused;
        ::send(connection.get(), too_many.data(), too_many.size(), MSG_NOSIGNAL);
        return;
    }
    auto session = std::make_shared<http::Session>(
        context, loop, std::move(connection), std::move(ends->peer), std::move(ends->local_address),
        [this](const std::shared_ptr<http::Session>& gone) {
            sessions.erase(gone);
            context.open.remove();
        });
    ++context.connections;
    context.open.add();
    sessions.insert(session);
    session->start();
}

void HttpServer::Impl::begin_stop() {
    tcp_acceptor.reset();
    unix_acceptor.reset();
    for (const auto copies = sessions; const auto& session : copies) session->drain();
}

void HttpServer::Impl::close_all() {
    for (const auto copies = sessions; const auto& session : copies) session->close();
}

HttpServer::HttpServer(HttpServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

HttpServer::~HttpServer() {
    stop();
}

void HttpServer::route(std::string method, std::string_view pattern, HttpHandler handler) {
    if (impl_->started) throw std::logic_error("HttpServer::route() after start()");
    impl_->context.router.add(std::move(method), pattern, std::move(handler));
}

void HttpServer::guard(HttpGuard guard) {
    if (impl_->started) throw std::logic_error("HttpServer::guard() after start()");
    impl_->context.guard = std::move(guard);
}

std::vector<std::pair<std::string, std::string>> HttpServer::routes() const {
    return impl_->context.router.list();
}

Result<void> HttpServer::start() {
    auto& impl = *impl_;
    const bool with_tcp = !impl.context.options.address.empty();
    const bool with_unix = !impl.context.options.unix_socket_path.empty();
    if (std::exchange(impl.started, true)) {
        return fail(ErrorCode::invalid, "the HTTP server has already been started");
    }
    if (!with_tcp && !with_unix) {
        return fail(ErrorCode::invalid, "the HTTP server has neither address nor unix_socket_path");
    }
    if (with_tcp) {
        if (auto done = impl.listen_tcp(); !done) return done;
    }
    if (with_unix) {
        if (auto done = impl.listen_unix(); !done) return done;
    }
    const MutexLock lock(impl.thread_mutex);
    impl.thread = std::jthread([&loop = impl.loop] { loop.run(); });
    return {};
}

void HttpServer::stop() {
    auto& impl = *impl_;
    const MutexLock lock(impl.thread_mutex);
    if (!impl.thread.joinable()) return;
    impl.context.stopping.request_stop();
    const auto& post = impl.loop.post();
    post([&impl] { impl.begin_stop(); });
    impl.context.open.wait_for_none(impl.context.options.stop_grace);
    post([&impl] { impl.close_all(); });
    impl.context.open.wait_for_none(std::nullopt);
    impl.context.pool.stop();
    post([&impl] { impl.loop.quit(); });
    impl.thread.join();
    impl.unix_file.reset();
}

std::uint16_t HttpServer::port() const noexcept {
    return impl_->port;
}

HttpServerStats HttpServer::stats() const noexcept {
    const auto& context = impl_->context;
    return {.connections = context.connections.load(),
            .connections_refused = context.refused.load(),
            .requests = context.requests.load(),
            .responses_4xx = context.responses_4xx.load(),
            .responses_5xx = context.responses_5xx.load(),
            .connections_open = context.open.now(),
            .streams_open = context.streams_open.load()};
}

}  // namespace quipu
