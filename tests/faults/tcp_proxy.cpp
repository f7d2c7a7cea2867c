// SPDX-License-Identifier: Apache-2.0
#include "faults/tcp_proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace quipu::faults {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void end_with_reset(int socket) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(socket);
}

}  // namespace

/// One direction of a connection, and what is on its way.
struct TcpProxy::Way {
    int from = -1;
    int to = -1;
    bool silent = false;
    std::string bytes = {};
};
struct TcpProxy::Connection {
    Way requests;
    Way answers;
};

TcpProxy::TcpProxy() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, any, &size) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
    stop_ = true;
    thread_.join();
    reset();
    ::close(listener_);
}

void TcpProxy::reset() {
    const std::lock_guard lock(mutex_);
    for (const Connection& each : connections_) {
        end_with_reset(each.requests.from);
        end_with_reset(each.requests.to);
    }
    connections_.clear();
}

void TcpProxy::silence(Silence which) {
    const std::lock_guard lock(mutex_);
    for (Connection& each : connections_) {
        each.requests.silent = each.requests.silent || which != Silence::answers;
        each.answers.silent = each.answers.silent || which != Silence::requests;
    }
}

void TcpProxy::resume() {
    const std::lock_guard lock(mutex_);
    for (Connection& each : connections_) each.requests.silent = each.answers.silent = false;
}

void TcpProxy::accept_one() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(server);
        end_with_reset(client);
        return;
    }
    ::fcntl(server, F_SETFL, O_NONBLOCK);
    const int yes = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connections_.push_back({{client, server}, {server, client}});
}

bool TcpProxy::move(Way& way, bool readable) {
    if (way.silent) return true;
    std::array<char, 65536> part{};
    if (readable && way.bytes.empty()) {
        const ssize_t size = ::recv(way.from, part.data(), part.size(), 0);
        if (size == 0 || (size < 0 && errno != EAGAIN)) return false;
        if (size > 0) way.bytes.assign(part.data(), static_cast<std::size_t>(size));
    }
    if (way.bytes.empty()) return true;
    const ssize_t size = ::send(way.to, way.bytes.data(), way.bytes.size(), MSG_NOSIGNAL);
    if (size < 0) return errno == EAGAIN;
    way.bytes.erase(0, static_cast<std::size_t>(size));
    return true;
}

void TcpProxy::run() {
    std::vector<pollfd> wanted;
    while (!stop_) {
        wanted.assign(1, {listener_, POLLIN, 0});
        {
            const std::lock_guard lock(mutex_);
            for (const Connection& each : connections_) {
                for (const Way* way : {&each.requests, &each.answers}) {
                    const bool full = !way->bytes.empty();
                    const int socket = way->silent ? -1 : (full ? way->to : way->from);
                    wanted.push_back({socket, static_cast<short>(full ? POLLOUT : POLLIN), 0});
                }
            }
        }
        if (::poll(wanted.data(), wanted.size(), 10) <= 0) continue;
        const std::lock_guard lock(mutex_);
        // A reset in between has emptied the list; what is new there waits for the next turn.
        const std::size_t known = std::min((wanted.size() - 1) / 2, connections_.size());
        std::vector<bool> ended(connections_.size());
        for (std::size_t at = 0; at < known; ++at) {
            Connection& each = connections_[at];
            ended[at] = !move(each.requests, wanted[1 + 2 * at].revents != 0) ||
                        !move(each.answers, wanted[2 + 2 * at].revents != 0);
        }
        for (std::size_t at = known; at-- > 0;) {
            if (!ended[at]) continue;
            ::close(connections_[at].requests.from);
            ::close(connections_[at].requests.to);
            connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(at));
        }
        if (wanted[0].revents != 0) accept_one();
    }
}

}  // namespace quipu::faults
