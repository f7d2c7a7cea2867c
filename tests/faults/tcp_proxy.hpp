// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace quipu::faults {

/// Passes connections on to a port of this machine, and spoils them on request. One thread.
class TcpProxy {
  public:
    /// Listens on a free port of the loopback.
    TcpProxy();
    ~TcpProxy();
    TcpProxy(const TcpProxy&) = delete;
    TcpProxy& operator=(const TcpProxy&) = delete;

    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    void set_target(std::uint16_t port) { target_ = port; }

    /// Ends every connection with a reset.
    void reset();
    /// The connections that are there stay open and carry nothing any more: what clients send, what
    /// they should get, or both. New ones are as good as ever.
    enum class Silence { requests, answers, both };
    void silence(Silence which);
    /// Silent connections carry what they held back.
    void resume();

  private:
    struct Way;
    struct Connection;

    void run();
    void accept_one();
    [[nodiscard]] static bool move(Way& way, bool readable);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<std::uint16_t> target_{0};
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::vector<Connection> connections_;
    std::thread thread_;
};

}  // namespace quipu::faults
