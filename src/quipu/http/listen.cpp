// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/listen.hpp"

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <uv.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace quipu::http {
namespace {

/// A socket address of any family.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    [[nodiscard]] sockaddr* generic() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    template <class Family>
    [[nodiscard]] Family& as() noexcept {
        return *reinterpret_cast<Family*>(&storage);
    }
    [[nodiscard]] std::uint16_t port() noexcept {
        return ntohs(storage.ss_family == AF_INET6 ? as<sockaddr_in6>().sin6_port
                                                   : as<sockaddr_in>().sin_port);
    }
    [[nodiscard]] bool is_loopback() noexcept {
        return storage.ss_family == AF_INET6
                   ? IN6_IS_ADDR_LOOPBACK(&as<sockaddr_in6>().sin6_addr)
                   : (ntohl(as<sockaddr_in>().sin_addr.s_addr) >> 24U) == IN_LOOPBACKNET;
    }
};

/// The address without its port. An IPv4 address mapped into IPv6 is shown as IPv4.
std::string text_of(Address address) {
    if (auto& v6 = address.as<sockaddr_in6>();
        address.storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        std::memcpy(&v4.sin_addr, &v6.sin6_addr.s6_addr[12], sizeof v4.sin_addr);
        address.as<sockaddr_in>() = v4;
    }
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::uv_ip_name(address.generic(), text.data(), text.size());
    return text.data();
}

std::optional<Address> parse_address(const std::string& text, std::uint16_t port) {
    Address address;
    if (::uv_ip4_addr(text.c_str(), port, &address.as<sockaddr_in>()) == 0) {
        address.size = sizeof(sockaddr_in);
        return address;
    }
    if (::uv_ip6_addr(text.c_str(), port, &address.as<sockaddr_in6>()) == 0) {
        address.size = sizeof(sockaddr_in6);
        return address;
    }
    return std::nullopt;
}

bool set(int descriptor, int level, int option) {
    const int on = 1;
    return ::setsockopt(descriptor, level, option, &on, sizeof on) == 0;
}

}  // namespace

Result<TcpListener> listen_tcp(const HttpServerOptions& options) {
    auto address =
        parse_address(options.address == "localhost" ? "127.0.0.1" : options.address, options.port);
    if (!address) {
        return fail(ErrorCode::invalid, "address '" + options.address + "' is not an IP address");
    }
    if (!address->is_loopback() && !options.allow_remote) {
        return fail(ErrorCode::invalid,
                    "address '" + options.address +
                        "' can be reached from other machines; set allow_remote to permit that");
    }
    Descriptor listening(
        ::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (listening.get() < 0 || !set(listening.get(), SOL_SOCKET, SO_REUSEADDR) ||
        !set(listening.get(), IPPROTO_TCP, TCP_NODELAY) ||  // connections inherit it
        ::bind(listening.get(), address->generic(), address->size) != 0 ||
        ::listen(listening.get(), SOMAXCONN) != 0 ||
        ::getsockname(listening.get(), address->generic(), &address->size) != 0) {
        const int error = errno;
        const bool in_use = error == EADDRINUSE;
        return fail(in_use ? ErrorCode::busy : ErrorCode::invalid,
                    "address " + options.address + " port " + std::to_string(options.port) + ": " +
                        std::generic_category().message(error) +
                        (in_use ? "; choose another port" : ""));
    }
    return TcpListener{.descriptor = std::move(listening), .port = address->port()};
}

std::optional<Ends> ends_of(int connection) {
    Address peer;
    Address local;
    if (::getsockname(connection, local.generic(), &local.size) != 0) return std::nullopt;
    if (local.storage.ss_family == AF_UNIX) {
        ucred who{};
        socklen_t size = sizeof who;
        if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
            return std::nullopt;
        }
        return Ends{.peer = "unix:uid=" + std::to_string(who.uid), .local_address = {}};
    }
    if (::getpeername(connection, peer.generic(), &peer.size) != 0) return std::nullopt;
    return Ends{.peer = text_of(peer) + ':' + std::to_string(peer.port()),
                .local_address = text_of(local)};
}

}  // namespace quipu::http
