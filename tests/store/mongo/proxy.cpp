// SPDX-License-Identifier: Apache-2.0
#include "store/mongo/proxy.hpp"

#include <arpa/inet.h>
#include <bson/bson.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "store/mongo/support.hpp"

namespace quipu::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

bool send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// Waits a little for bytes on either; then tells which has some.
bool readable(int a, int b, std::array<bool, 2>& which) {
    std::array<pollfd, 2> watched{{{a, POLLIN, 0}, {b, POLLIN, 0}}};
    const int count = ::poll(watched.data(), watched.size(), 20);
    which = {watched[0].revents != 0, watched[1].revents != 0};
    return count > 0;
}

/// A server's answer {ok: 0, code: …, errmsg: "planted"} to a whole request (OP_MSG of the wire
/// protocol: four 32-bit numbers as header, flags, a section of kind 0).
std::string planted_error(std::string_view request, int code) {
    bson_t document = BSON_INITIALIZER;
    BSON_APPEND_DOUBLE(&document, "ok", 0);
    BSON_APPEND_UTF8(&document, "errmsg", "planted");
    BSON_APPEND_INT32(&document, "code", code);
    constexpr std::int32_t op_msg = 2013;
    std::int32_t request_id = 0;
    std::memcpy(&request_id, request.data() + 4, sizeof request_id);
    const std::array<std::int32_t, 5> header{static_cast<std::int32_t>(21 + document.len), 0,
                                             request_id, op_msg, 0};
    std::string reply(reinterpret_cast<const char*>(header.data()), sizeof header);
    reply += '\0';
    reply.append(reinterpret_cast<const char*>(bson_get_data(&document)), document.len);
    bson_destroy(&document);
    return reply;
}

}  // namespace

Proxy::Proxy() {
    const std::string uri = mongo_uri();
    const auto colon = uri.rfind(':');
    target_port_ = static_cast<std::uint16_t>(std::stoi(uri.substr(colon + 1)));
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

Proxy::~Proxy() {
    stop_ = true;
    acceptor_.join();
    for (auto& pump : pumps_) {
        pump.join();
    }
    ::close(listener_);
}

std::string Proxy::uri() const {
    return "mongodb://127.0.0.1:" + std::to_string(port_) + "/";
}

void Proxy::set(Mode mode) {
    mode_ = mode;
    if (mode == Mode::closed) {
        ++breaks_;
    }
}

void Proxy::lose_reply_to(std::string_view marker) {
    {
        const std::scoped_lock lock(mutex_);
        marker_ = marker;
    }
    set(Mode::lose_reply);
}

void Proxy::refuse(std::string_view marker, int times, int code) {
    const std::scoped_lock lock(mutex_);
    refused_marker_ = marker;
    refusals_ = times;
    refusal_code_ = code;
}

int Proxy::refusals_left() {
    const std::scoped_lock lock(mutex_);
    return refusals_;
}

int Proxy::take_refusal(std::string_view request) {
    const std::scoped_lock lock(mutex_);
    if (refusals_ == 0 || !request.contains(refused_marker_)) {
        return 0;
    }
    --refusals_;
    return refusal_code_;
}

void Proxy::accept_all() {
    while (!stop_) {
        pollfd watched{listener_, POLLIN, 0};
        if (::poll(&watched, 1, 20) <= 0) {
            continue;
        }
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) {
            continue;
        }
        const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in address = loopback(target_port_);
        if (mode_ == Mode::closed ||
            ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(client);
            ::close(server);
            continue;
        }
        pumps_.emplace_back([this, client, server] { pump(client, server); });
    }
}

void Proxy::pump(int client, int server) {
    const int born = breaks_;
    std::string buffer(std::size_t{1} << 16, '\0');
    bool lose = false;
    while (!stop_ && breaks_ == born) {
        std::array<bool, 2> which{};
        if (mode_ == Mode::frozen) {
            ::usleep(10'000);
            continue;
        }
        if (!readable(client, server, which)) {
            continue;
        }
        const auto forward = [&](int from, int to, bool request) {
            const auto got = ::recv(from, buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                return false;
            }
            const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
            if (request && mode_ == Mode::lose_reply) {
                const std::scoped_lock lock(mutex_);
                lose = lose || bytes.contains(marker_);
            }
            if (const int code = request ? take_refusal(bytes) : 0; code != 0) {
                return send_all(from, planted_error(bytes, code));
            }
            if (!request && lose) {
                mode_ = Mode::open;
                return false;
            }
            return send_all(to, bytes);
        };
        if ((which[0] && !forward(client, server, true)) ||
            (which[1] && !forward(server, client, false))) {
            break;
        }
    }
    ::close(client);
    ::close(server);
}

}  // namespace quipu::test
