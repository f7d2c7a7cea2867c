// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/session.hpp"

#include <exception>
#include <utility>

#include "quipu/http/sse_codec.hpp"

namespace quipu::http {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";
// Closing a connection with unread bytes resets it, and the peer may lose the response. After an
// early response, up to this many bytes are therefore read and discarded, for up to this long.
constexpr milliseconds linger_time{1000};
constexpr std::size_t linger_bytes_max = 4 << 20;
constexpr std::size_t stream_write_bytes = 64 << 10;

}  // namespace

Session::Session(ServerContext& context, Loop& loop, Descriptor connection, std::string peer,
                 std::string local_address, Closed closed)
    : context_(context),
      socket_(loop, std::move(connection)),
      timer_(loop),
      peer_(std::move(peer)),
      local_address_(std::move(local_address)),
      closed_(std::move(closed)),
      reader_(context.limits) {}

void Session::start() {
    set_deadline(context_.options.request_timeout);
    request_deadline_set_ = true;
    read();
}

void Session::drain() {
    draining_ = true;
    if (phase_ == Phase::reading) close();
    if (phase_ == Phase::streaming) stream_->finish();
}

void Session::close() {
    if (std::exchange(phase_, Phase::closed) == Phase::closed) return;
    const auto self = shared_from_this();
    clear_deadline();
    timer_.close();
    socket_.close();
    after_write_ = nullptr;
    end_stream();
    std::exchange(closed_, nullptr)(self);
}

void Session::read() {
    if (std::exchange(reading_, true)) return;
    socket_.read_some(input_, [self = shared_from_this()](int error, std::size_t size) {
        self->on_read(error, size);
    });
}

void Session::on_read(int error, std::size_t size) {
    reading_ = false;
    if (phase_ == Phase::closed) return;
    // A peer that has stopped sending still expects the response in progress.
    if (error != 0) {
        if (phase_ != Phase::writing) close();
        return;
    }
    switch (phase_) {
        case Phase::reading: advance(reader_.feed({input_.data(), size})); return;
        case Phase::lingering:
            lingered_bytes_ += size;
            if (lingered_bytes_ > linger_bytes_max) {
                close();
            } else {
                read();
            }
            return;
        default: read(); return;  // bytes from the peer of a stream are ignored
    }
}

void Session::advance(ParseState state) {
    phase_ = Phase::reading;
    switch (state) {
        case ParseState::done: dispatch(); return;
        case ParseState::failed:
            refuse(reader_.failure().status, "malformed", reader_.failure().detail);
            return;
        case ParseState::need_more: break;
    }
    if (draining_) {
        close();
        return;
    }
    if (reader_.started() && !std::exchange(request_deadline_set_, true)) {
        set_deadline(context_.options.request_timeout);
    }
    if (reader_.take_expects_continue()) {
        phase_ = Phase::writing;
        send(std::string(continue_response), [this] {
            phase_ = Phase::reading;
            set_deadline(context_.options.request_timeout);
            read();
        });
        return;
    }
    read();
}

void Session::dispatch() {
    phase_ = Phase::handling;
    clear_deadline();
    ++context_.requests;
    auto request = std::make_shared<HttpRequest>(std::move(reader_.request()));
    request->peer = peer_;
    request->stopping = context_.stopping.get_token();
    keep_alive_ = reader_.keep_alive();
    head_request_ = request->method == "HEAD";
    http_1_0_ = reader_.http_1_0();

    if (auto refusal = context_.policy.refuse(*request, reader_.authority(), local_address_)) {
        respond(*refusal);
        return;
    }
    auto match = context_.router.match(request->method, request->path);
    if (auto answer = answer_without_handler(*request, match)) {
        respond(*answer);
        return;
    }
    request->route = match.route->pattern;
    request->path_params = std::move(match.params);
    run_handler(*match.handler, std::move(request));
}

std::optional<HttpResponse> Session::answer_without_handler(const HttpRequest& request,
                                                            const Router::Match& match) {
    if (match.route == nullptr) {
        return HttpResponse::problem(404, "not_found", "there is nothing at this path");
    }
    if (match.malformed) {
        return HttpResponse::problem(400, "malformed", "the path cannot be decoded");
    }
    if (match.handler != nullptr) return std::nullopt;
    auto answer = request.method == "OPTIONS"
                      ? HttpResponse::no_content()
                      : HttpResponse::problem(405, "method_not_allowed",
                                              "this path does not support this method");
    answer.headers.emplace_back("Allow", match.allowed);
    return answer;
}

void Session::run_handler(const HttpHandler& handler, std::shared_ptr<const HttpRequest> request) {
    const bool taken = context_.pool.submit_request(
        [self = shared_from_this(), &handler, request = std::move(request)] {
            auto response = self->context_.call(handler, *request);
            if (response.on_stream && !self->head_request_) {
                self->open_stream(std::move(response), *request);
                return;
            }
            self->socket_.post()([self, answer = std::move(response)] { self->respond(answer); });
        });
    if (taken) return;
    auto busy = HttpResponse::problem(503, "busy", "too many requests are waiting; try again");
    busy.headers.emplace_back("Retry-After", "1");
    respond(busy);
}

void Session::respond(const HttpResponse& response) {
    if (phase_ == Phase::closed) return;
    context_.count_response(response.status);
    keep_alive_ = keep_alive_ && !draining_;
    phase_ = Phase::writing;
    const auto end = response.on_stream ? BodyEnd::by_close : BodyEnd::by_length;
    send(write_response(
             response, {.head_request = head_request_, .keep_alive = keep_alive_, .body_end = end}),
         [this] { responded(); });
}

void Session::refuse(int status, std::string_view type, std::string_view detail) {
    keep_alive_ = false;
    head_request_ = false;
    respond(HttpResponse::problem(status, type, detail));
}

void Session::responded() {
    if (!keep_alive_ || draining_) {
        linger();
        return;
    }
    request_deadline_set_ = false;
    set_deadline(context_.options.idle_timeout);
    advance(reader_.next());
}

void Session::linger() {
    if (draining_) {
        close();
        return;
    }
    phase_ = Phase::lingering;
    socket_.shutdown_send();
    set_deadline(linger_time);
    read();
}

// Runs on the handler's thread.
void Session::open_stream(HttpResponse response, const HttpRequest& request) {
    const auto self = shared_from_this();
    const auto& post = socket_.post();
    if (++context_.streams_open > context_.options.streams_max) {
        --context_.streams_open;
        post([self] {
            self->respond(HttpResponse::problem(503, "busy", "too many streams are open"));
        });
        return;
    }
    const auto where = request.method + ' ' + request.route;
    const auto core = std::make_shared<StreamCore>(StreamContext{
        .events_max = context_.options.stream_events_max,
        .bytes_max = context_.options.stream_bytes_max,
        .run = [pool = &context_.pool](
                   std::function<void()> task) { return pool->submit_callback(std::move(task)); },
        .report =
            [where, on_error = context_.options.on_error](std::string_view what) {
                if (on_error) on_error(where + ": " + std::string(what));
            }});
    const auto on_stream = std::exchange(response.on_stream, nullptr);
    post([self, core, answer = std::move(response)] { self->start_stream(answer, core); });
    try {
        on_stream(SseStream(std::make_shared<StreamHandle>(core)));
    } catch (const std::exception& error) {
        context_.report(where, error.what());
        core->finish();
    } catch (...) {
        context_.report(where, "threw something other than a std::exception");
        core->finish();
    }
}

void Session::start_stream(const HttpResponse& response, std::shared_ptr<StreamCore> core) {
    stream_ = std::move(core);
    if (phase_ == Phase::closed) {
        end_stream();
        return;
    }
    keep_alive_ = false;
    phase_ = Phase::streaming;
    if (draining_) stream_->finish();
    auto head = response;
    if (!find_header(head.headers, "Cache-Control")) {
        head.headers.emplace_back("Cache-Control", "no-store");
    }
    head.headers.emplace_back("X-Accel-Buffering", "no");
    const auto end = http_1_0_ ? BodyEnd::by_close : BodyEnd::by_chunks;
    send(write_response(head, {.keep_alive = false, .body_end = end}), [this] {
        stream_->attach([weak = weak_from_this(), post = socket_.post()] {
            post([weak] {
                if (const auto self = weak.lock()) self->pump();
            });
        });
    });
    read();
}

void Session::pump() {
    if (phase_ != Phase::streaming) return;
    if (stream_->overflowed()) {
        close();
        return;
    }
    if (writing_) return;
    auto batch = stream_->take(stream_write_bytes);
    if (batch.overflow) {
        close();
        return;
    }
    if (!batch.bytes.empty()) {
        auto bytes = http_1_0_ ? std::move(batch.bytes) : write_chunk(batch.bytes);
        send(std::move(bytes), [this] {
            stream_->written();
            pump();
        });
        return;
    }
    if (!batch.last) {
        set_deadline(context_.options.heartbeat);
        return;
    }
    phase_ = Phase::ending_stream;
    send(std::string(http_1_0_ ? std::string_view{} : last_chunk), [this] { close(); });
}

void Session::end_stream() {
    if (!stream_) return;
    std::exchange(stream_, nullptr)->end();
    --context_.streams_open;
}

void Session::send(std::string bytes, std::function<void()> then) {
    output_ = std::move(bytes);
    output_sent_ = 0;
    after_write_ = std::move(then);
    writing_ = true;
    write_some();
}

void Session::write_some() {
    set_deadline(context_.options.write_timeout);
    socket_.write_some(std::string_view(output_).substr(output_sent_),
                       [self = shared_from_this()](int error, std::size_t size) {
                           self->on_written(error, size);
                       });
}

void Session::on_written(int error, std::size_t size) {
    if (phase_ == Phase::closed) return;
    if (error != 0) {
        close();
        return;
    }
    output_sent_ += size;
    if (output_sent_ < output_.size()) {
        write_some();
        return;
    }
    writing_ = false;
    output_ = {};
    std::exchange(after_write_, nullptr)();
}

void Session::set_deadline(milliseconds from_now) {
    deadline_ = Clock::now() + from_now;
    if (deadline_ < timer_due_) arm_timer();
}

// The timer keeps running: it finds no deadline when it fires, which is cheaper than stopping it.
void Session::clear_deadline() {
    deadline_ = Clock::time_point::max();
}

void Session::arm_timer() {
    timer_due_ = deadline_;
    timer_.start(timer_due_, [self = shared_from_this()] { self->on_timer(); });
}

void Session::on_timer() {
    timer_due_ = Clock::time_point::max();
    if (deadline_ == Clock::time_point::max()) return;
    if (deadline_ > Clock::now()) {
        arm_timer();
        return;
    }
    clear_deadline();
    on_deadline();
}

void Session::on_deadline() {
    if (phase_ == Phase::reading && reader_.started()) {
        refuse(408, "timeout", "the request was not received in time");
        return;
    }
    if (phase_ == Phase::streaming && !writing_) {
        auto beat = http_1_0_ ? std::string(sse_heartbeat) : write_chunk(sse_heartbeat);
        send(std::move(beat), [this] { pump(); });
        return;
    }
    close();
}

}  // namespace quipu::http
