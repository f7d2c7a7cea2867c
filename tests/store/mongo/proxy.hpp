// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace quipu::test {

/// A way to the test server that can be disturbed.
class Proxy {
  public:
    enum class Mode {
        open,        ///< lets everything through
        closed,      ///< refuses connections and breaks those that are open
        frozen,      ///< takes everything and answers nothing
        lose_reply,  ///< lets the next request that contains `marker` through, breaks before the
                     ///< answer, and is open again
    };

    Proxy();
    ~Proxy();
    Proxy(const Proxy&) = delete;
    Proxy& operator=(const Proxy&) = delete;

    /// The URI through this proxy.
    [[nodiscard]] std::string uri() const;
    void set(Mode mode);
    void lose_reply_to(std::string_view marker);
    /// Answers the next `times` requests that contain `marker` with an error of this code; the
    /// server never sees them.
    void refuse(std::string_view marker, int times, int code = 1);
    [[nodiscard]] int refusals_left();
    [[nodiscard]] Mode mode() const noexcept { return mode_.load(); }

  private:
    void accept_all();
    void pump(int client, int server);
    /// The code of the error to answer with; 0 for none.
    int take_refusal(std::string_view request);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::string target_host_;
    std::uint16_t target_port_ = 0;
    std::atomic<Mode> mode_ = Mode::open;
    std::atomic<int> breaks_ = 0;  ///< connections from before a break end
    std::atomic<bool> stop_ = false;
    std::mutex mutex_;
    std::string marker_;
    std::string refused_marker_;
    int refusals_ = 0;
    int refusal_code_ = 0;
    std::vector<std::thread> pumps_;
    std::thread acceptor_;
};

}  // namespace quipu::test
