// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/http/client.hpp"
#include "quipu/http/server.hpp"
#include "support/eventually.hpp"

namespace quipu::http_testing {

using namespace std::chrono_literals;
using test::eventually;

/// Far beyond what anything here takes: only a hang reaches it.
inline constexpr auto forever = 60s;

/// A value that one thread changes and another waits for.
template <class T>
class Watched {
  public:
    explicit Watched(T value = {}) : value_(std::move(value)) {}

    template <class Change>
    void change(Change change) {
        // Notified under the lock: the waiting thread may destroy this object at once.
        const std::scoped_lock lock(mutex_);
        change(value_);
        changed_.notify_all();
    }
    void set(T value) {
        change([&](T& old) { old = std::move(value); });
    }
    T get() {
        const std::scoped_lock lock(mutex_);
        return value_;
    }
    template <class Condition>
    [[nodiscard]] bool wait(Condition condition, std::chrono::milliseconds timeout = forever) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, timeout, [&] { return condition(value_); });
    }
    [[nodiscard]] bool wait_for(const T& wanted) {
        return wait([&](const T& value) { return value == wanted; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    T value_;
};

/// A TCP connection that sends any bytes, well-formed or not.
class RawConnection {
  public:
    explicit RawConnection(std::uint16_t port, int receive_buffer = 0)
        : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const timeval timeout{.tv_sec = 60, .tv_usec = 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        if (receive_buffer > 0) {
            ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                         sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address),
                               sizeof address) == 0;
        EXPECT_TRUE(connected_);
    }
    ~RawConnection() { close(); }
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    void close_sending() { ::shutdown(descriptor_, SHUT_WR); }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Reads until what came contains `text`; false when the peer closes before.
    bool read_until(std::string_view text) {
        while (!received_.contains(text)) {
            if (!read_more()) return false;
        }
        return true;
    }
    /// Everything until the peer closes.
    std::string read_all() {
        while (read_more()) {
        }
        return std::exchange(received_, {});
    }
    /// One response with Content-Length, off the front of what came.
    std::string read_response() {
        if (!read_until("\r\n\r\n")) return std::exchange(received_, {});
        const auto head = received_.find("\r\n\r\n") + 4;
        std::size_t length = 0;
        if (const auto at = received_.find("Content-Length: "); at < head) {
            length = std::stoul(received_.substr(at + 16));
        }
        while (received_.size() < head + length) {
            if (!read_more()) break;
        }
        auto response = received_.substr(0, head + length);
        received_.erase(0, head + length);
        return response;
    }
    std::string& received() { return received_; }

  private:
    bool read_more() {
        char buffer[4096];
        const auto size = ::recv(descriptor_, buffer, sizeof buffer, 0);
        if (size <= 0) return false;
        received_.append(buffer, static_cast<std::size_t>(size));
        return true;
    }

    int descriptor_;
    bool connected_ = false;
    std::string received_;
};

inline int status_of(std::string_view response) {
    if (!response.starts_with("HTTP/1.1 ") || response.size() < 12) return 0;
    return std::stoi(std::string(response.substr(9, 3)));
}

inline std::string body_of(std::string_view response) {
    const auto head = response.find("\r\n\r\n");
    return head == std::string_view::npos ? std::string{} : std::string(response.substr(head + 4));
}

/// A server on a port of its own.
class ServerTest : public ::testing::Test {
  protected:
    HttpServer& make(HttpServerOptions options = {}) {
        server_ = std::make_unique<HttpServer>(std::move(options));
        return *server_;
    }
    void start() {
        const auto started = server_->start();
        ASSERT_TRUE(started) << started.error().message;
    }
    [[nodiscard]] HttpServer& server() { return *server_; }
    [[nodiscard]] HttpClient client() const {
        return HttpClient({.port = server_->port(), .timeout = forever, .stream_silence = forever});
    }
    [[nodiscard]] HttpReply get(std::string_view target, const HttpFields& headers = {}) const {
        return send("GET", target, headers);
    }
    [[nodiscard]] HttpReply send(std::string_view method, std::string_view target,
                                 const HttpFields& headers = {}, std::string_view body = {}) const {
        auto reply = client().request(method, target, headers, body);
        EXPECT_TRUE(reply) << reply.error().message;
        return reply ? *reply : HttpReply{};
    }
    /// The status for bytes sent over a connection of their own.
    [[nodiscard]] int raw_status(std::string_view bytes) const {
        RawConnection connection(server_->port());
        connection.send(bytes);
        return status_of(connection.read_response());
    }

  private:
    std::unique_ptr<HttpServer> server_;
};

}  // namespace quipu::http_testing
