#include <sys/socket.h>

#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unordered_set>
#include <utility>

#include "quipu/app/http.hpp"
#include "quipu/app/http_asio.hpp"
#include "quipu/app/http_session.hpp"
#include "quipu/app/http_unix_socket.hpp"

namespace quipu {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;
using Code = boost::system::error_code;

constexpr std::string_view too_many =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n";
constexpr std::chrono::milliseconds accept_pause{100};

std::string text_of(asio::ip::address address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address.to_string();
}

struct Names {
    std::string peer, local_address;
};

std::optional<Names> names_of(tcp::socket& socket) {
    Code ec;
    const auto peer = socket.remote_endpoint(ec);
    if (ec) return std::nullopt;
    const auto local = socket.local_endpoint(ec);
    if (ec) return std::nullopt;
    socket.set_option(tcp::no_delay(true), ec);
    return Names{text_of(peer.address()) + ':' + std::to_string(peer.port()),
                 text_of(local.address())};
}

std::optional<Names> names_of(Local::socket& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return std::nullopt;
    }
    return Names{"unix:uid=" + std::to_string(peer.uid), {}};
}

Result<tcp::endpoint> endpoint_of(const HttpServerOptions& options) {
    Code ec;
    const auto address =
        asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, ec);
    if (ec) {
        return fail(ErrorCode::invalid, "address '" + options.address + "' is no IP address");
    }
    if (!address.is_loopback() && !options.allow_remote) {
        return fail(ErrorCode::invalid,
                    "address '" + options.address +
                        "' can be reached from other machines; set allow_remote if that is meant");
    }
    return tcp::endpoint(address, options.port);
}

}  // namespace

struct HttpServer::Impl {
    explicit Impl(HttpServerOptions options) : context(std::move(options)) {}

    Result<void> listen_tcp();
    Result<void> listen_unix();
    template <class Acceptor>
    void accept(Acceptor& acceptor);
    template <class Socket>
    void adopt(Socket socket);
    void begin_stop();
    void close_all();

    http::ServerContext context;
    asio::io_context io{1};
    tcp::acceptor tcp_acceptor{io};
    Local::acceptor unix_acceptor{io};
    std::optional<http::UnixListener> unix_file;
    asio::steady_timer tcp_pause{io}, unix_pause{io};
    std::unordered_set<std::shared_ptr<http::Session>> sessions;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
    std::uint16_t port = 0;
    bool started = false;
    bool stopping = false;  ///< the server's thread only
    std::mutex stop_mutex;
    std::jthread thread;
};

Result<void> HttpServer::Impl::listen_tcp() {
    const auto& options = context.options;
    const auto endpoint = endpoint_of(options);
    if (!endpoint) return std::unexpected(endpoint.error());
    Code ec;
    tcp_acceptor.open(endpoint->protocol(), ec);
    if (!ec) tcp_acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) tcp_acceptor.bind(*endpoint, ec);
    if (!ec) tcp_acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) {
        const bool in_use = ec == asio::error::address_in_use;
        return fail(in_use ? ErrorCode::busy : ErrorCode::invalid,
                    "address " + options.address + " port " + std::to_string(options.port) + ": " +
                        ec.message() + (in_use ? "; choose another port" : ""));
    }
    port = tcp_acceptor.local_endpoint(ec).port();
    return {};
}

Result<void> HttpServer::Impl::listen_unix() {
    auto listener = http::UnixListener::listen(context.options.unix_socket_path);
    if (!listener) return std::unexpected(listener.error());
    unix_file.emplace(std::move(*listener));
    Code ec;
    unix_acceptor.assign(Local(), unix_file->release(), ec);
    if (ec) return fail(ErrorCode::internal, "socket: " + ec.message());
    return {};
}

template <class Acceptor>
void HttpServer::Impl::accept(Acceptor& acceptor) {
    using Socket = typename Acceptor::protocol_type::socket;
    acceptor.async_accept([this, &acceptor](const Code& ec, Socket socket) {
        if (stopping) return;
        if (!ec) {
            adopt(std::move(socket));
            return accept(acceptor);
        }
        // Out of descriptors, say: the connection stays in the backlog until there is room.
        auto& pause = static_cast<void*>(&acceptor) == &tcp_acceptor ? tcp_pause : unix_pause;
        pause.expires_after(accept_pause);
        pause.async_wait([this, &acceptor](const Code& cancelled) {
            if (!cancelled && !stopping) accept(acceptor);
        });
    });
}

template <class Socket>
void HttpServer::Impl::adopt(Socket socket) {
    auto names = names_of(socket);
    if (!names) return;
    if (sessions.size() >= context.options.connections_max) {
        ++context.refused;
        Code ignored;
        socket.non_blocking(true, ignored);
        socket.send(asio::buffer(too_many), 0, ignored);
        return;
    }
    auto session = std::make_shared<http::Session>(
        context, http::Session::Socket(std::move(socket)), std::move(names->peer),
        std::move(names->local_address), [this](const std::shared_ptr<http::Session>& gone) {
            sessions.erase(gone);
            context.open.remove();
        });
    ++context.connections;
    context.open.add();
    sessions.insert(session);
    session->start();
}

void HttpServer::Impl::begin_stop() {
    stopping = true;
    Code ignored;
    tcp_acceptor.close(ignored);
    unix_acceptor.close(ignored);
    tcp_pause.cancel();
    unix_pause.cancel();
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
        return fail(ErrorCode::invalid, "the HTTP server has been started before");
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
    impl.work.emplace(asio::make_work_guard(impl.io));
    if (with_tcp) impl.accept(impl.tcp_acceptor);
    if (with_unix) impl.accept(impl.unix_acceptor);
    impl.thread = std::jthread([&io = impl.io] { io.run(); });
    return {};
}

void HttpServer::stop() {
    auto& impl = *impl_;
    const std::scoped_lock lock(impl.stop_mutex);
    if (!impl.thread.joinable()) return;
    impl.context.stopping.request_stop();
    asio::post(impl.io, [&impl] { impl.begin_stop(); });
    impl.context.open.wait_for_none(impl.context.options.stop_grace);
    asio::post(impl.io, [&impl] { impl.close_all(); });
    impl.context.open.wait_for_none(std::nullopt);
    impl.context.pool.stop();
    impl.work.reset();
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
