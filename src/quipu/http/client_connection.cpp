// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/client_connection.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

#include "quipu/http/unix_socket.hpp"

namespace quipu::http {
namespace {

using std::chrono::ceil;
using std::chrono::milliseconds;

std::string message(int error) {
    return std::generic_category().message(error);
}

int milliseconds_left(ClientConnection::Clock::time_point deadline) {
    const auto left = ceil<milliseconds>(deadline - ClientConnection::Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000'000));
}

struct Address {
    int family;
    sockaddr_storage storage;
    socklen_t size;
};

struct FreeAddresses {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};

Result<std::vector<Address>> tcp_addresses(const HttpClientOptions& options) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* raw = nullptr;
    const auto port = std::to_string(options.port);
    const int error = ::getaddrinfo(options.host.c_str(), port.c_str(), &hints, &raw);
    const std::unique_ptr<addrinfo, FreeAddresses> list(raw);
    if (error != 0) {
        return fail(ErrorCode::invalid, "host '" + options.host + "': " + ::gai_strerror(error));
    }
    std::vector<Address> addresses;
    for (const addrinfo* entry = raw; entry != nullptr; entry = entry->ai_next) {
        Address address{.family = entry->ai_family, .storage = {}, .size = entry->ai_addrlen};
        std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,
                    reinterpret_cast<char*>(&address.storage));
        addresses.push_back(address);
    }
    return addresses;
}

Result<std::vector<Address>> addresses_of(const HttpClientOptions& options) {
    if (options.unix_socket_path.empty()) return tcp_addresses(options);
    const auto path = unix_address(options.unix_socket_path);
    if (!path) return std::unexpected(path.error());
    Address address{.family = AF_UNIX, .storage = {}, .size = sizeof *path};
    std::copy_n(reinterpret_cast<const char*>(&*path), sizeof *path,
                reinterpret_cast<char*>(&address.storage));
    return std::vector{address};
}

// 0, or the error number of the failed connection.
int connect_before(int descriptor, const Address& address,
                   ClientConnection::Clock::time_point deadline) {
    const auto* generic = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(descriptor, generic, address.size) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    pollfd entry{.fd = descriptor, .events = POLLOUT, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&entry, 1, milliseconds_left(deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    if (ready < 0 || ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        return errno;
    }
    return error;
}

std::unexpected<Error> not_connected(const std::string& name, int error) {
    switch (error) {
        case ECONNREFUSED:
        case ENOENT:
            return fail(ErrorCode::unavailable, "nothing listens at " + name + " (" +
                                                    message(error) + "); start the program first");
        case ETIMEDOUT:
        case EAGAIN: return fail(ErrorCode::busy, name + " did not accept the connection in time");
        default: return fail(ErrorCode::invalid, name + ": " + message(error));
    }
}

}  // namespace

std::string server_name(const HttpClientOptions& options) {
    if (!options.unix_socket_path.empty()) return "socket '" + options.unix_socket_path + "'";
    const bool v6 = options.host.contains(':');
    return (v6 ? '[' + options.host + ']' : options.host) + ':' + std::to_string(options.port);
}

Result<ClientConnection> ClientConnection::open(const HttpClientOptions& options) {
    const auto addresses = addresses_of(options);
    if (!addresses) return std::unexpected(addresses.error());
    const auto deadline = Clock::now() + options.connect_timeout;
    const auto name = server_name(options);
    int error = EADDRNOTAVAIL;
    for (const auto& address : *addresses) {
        Descriptor made(::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (made.get() < 0) {
            error = errno;
            continue;
        }
        error = connect_before(made.get(), address, deadline);
        if (error != 0) continue;
        if (address.family != AF_UNIX) {
            const int on = 1;
            ::setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
        return ClientConnection(std::move(made), name);
    }
    return not_connected(name, error);
}

ClientConnection::ClientConnection(Descriptor descriptor, std::string name) noexcept
    : descriptor_(std::move(descriptor)), name_(std::move(name)) {}

std::unexpected<Error> ClientConnection::broken(int error) const {
    return fail(ErrorCode::busy, name_ + ": the connection was interrupted: " + message(error));
}

Result<void> ClientConnection::wait(short events, Clock::time_point deadline,
                                    int wake_descriptor) const {
    std::array<pollfd, 2> entries{pollfd{.fd = descriptor_.get(), .events = events, .revents = 0},
                                  pollfd{.fd = wake_descriptor, .events = POLLIN, .revents = 0}};
    while (true) {
        const int ready = ::poll(entries.data(), entries.size(), milliseconds_left(deadline));
        if (ready > 0) return {};
        if (ready == 0) return fail(ErrorCode::busy, name_ + " did not answer in time");
        if (errno != EINTR) return broken(errno);
    }
}

Result<void> ClientConnection::send(std::string_view bytes, Clock::time_point deadline) {
    while (!bytes.empty()) {
        const auto sent = ::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            if (auto ready = wait(POLLOUT, deadline, -1); !ready) return ready;
        } else if (errno != EINTR) {
            return broken(errno);
        }
    }
    return {};
}

Result<std::size_t> ClientConnection::receive(std::span<char> into, Clock::time_point deadline,
                                              const std::stop_token& stop) {
    // A stop request makes this descriptor readable.
    const Descriptor wake(stop.stop_possible() ? ::eventfd(0, EFD_CLOEXEC) : -1);
    const std::stop_callback on_stop(stop, [&wake] { ::eventfd_write(wake.get(), 1); });
    while (!stop.stop_requested()) {
        const auto size = ::recv(descriptor_.get(), into.data(), into.size(), 0);
        if (size >= 0) return static_cast<std::size_t>(size);
        if (errno == EAGAIN) {
            const auto ready = wait(POLLIN, deadline, wake.get());
            if (!ready) return std::unexpected(ready.error());
        } else if (errno != EINTR) {
            return broken(errno);
        }
    }
    return std::size_t{0};
}

}  // namespace quipu::http
