// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "quipu/http/context.hpp"
#include "quipu/http/loop.hpp"
#include "quipu/http/parse.hpp"
#include "quipu/http/socket.hpp"
#include "quipu/http/stream.hpp"
#include "quipu/http/write.hpp"

namespace quipu::http {

/// One connection of a server. All functions run on the server's thread; handlers run on the pool
/// and post their responses to it.
class Session : public std::enable_shared_from_this<Session> {
  public:
    using Closed = std::function<void(const std::shared_ptr<Session>&)>;

    /// `local_address` is empty for a Unix socket. `closed` is called once, at the end.
    Session(ServerContext& context, Loop& loop, Descriptor connection, std::string peer,
            std::string local_address, Closed closed);

    void start();
    /// Ends after the current response or the stream's queue; at once if there is neither.
    void drain();
    /// Ends at once.
    void close();

  private:
    using Clock = Timer::Clock;

    void read();
    void on_read(int error, std::size_t size);
    void advance(ParseState state);
    void dispatch();
    [[nodiscard]] std::optional<HttpResponse> answer_without_handler(const HttpRequest& request,
                                                                     const Router::Match& match);
    void run_handler(const HttpHandler& handler, std::shared_ptr<const HttpRequest> request);
    void respond(const HttpResponse& response);
    void refuse(int status, std::string_view type, std::string_view detail);
    void responded();
    void linger();

    void open_stream(HttpResponse response, const HttpRequest& request);
    void start_stream(const HttpResponse& response, std::shared_ptr<StreamCore> core);
    void pump();
    void end_stream();

    void send(std::string bytes, std::function<void()> then);
    void write_some();
    void on_written(int error, std::size_t size);
    void set_deadline(std::chrono::milliseconds from_now);
    void clear_deadline();
    void arm_timer();
    void on_timer();
    void on_deadline();

    enum class Phase { reading, handling, writing, streaming, ending_stream, lingering, closed };

    ServerContext& context_;
    Socket socket_;
    Timer timer_;
    const std::string peer_;
    const std::string local_address_;
    Closed closed_;

    Phase phase_ = Phase::reading;
    RequestReader reader_;
    std::array<char, 8192> input_{};
    bool reading_ = false;
    bool keep_alive_ = true;
    bool head_request_ = false;
    bool http_1_0_ = false;
    bool draining_ = false;
    bool request_deadline_set_ = false;

    std::string output_;
    std::size_t output_sent_ = 0;
    bool writing_ = false;
    std::function<void()> after_write_;

    std::shared_ptr<StreamCore> stream_;
    std::size_t lingered_bytes_ = 0;

    Clock::time_point deadline_ = Clock::time_point::max();
    Clock::time_point timer_due_ = Clock::time_point::max();
};

}  // namespace quipu::http
