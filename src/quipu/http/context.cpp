// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/context.hpp"

#include <exception>
#include <string>
#include <utility>

#include "quipu/http/write.hpp"

namespace quipu::http {

void ConnectionCount::add() {
    ++count_;
}

void ConnectionCount::remove() {
    {
        const MutexLock lock(none_mutex_);
        --count_;
    }
    none_.notify_all();
}

void ConnectionCount::wait_for_none(std::optional<std::chrono::milliseconds> timeout) {
    const MutexLock lock(none_mutex_);
    const auto none = [this] { return count_ == 0; };
    if (timeout) {
        none_.wait_for(none_mutex_, *timeout, none);
    } else {
        none_.wait(none_mutex_, none);
    }
}

ServerContext::ServerContext(HttpServerOptions with)
    : options(std::move(with)),
      limits{.header_bytes = options.header_bytes_max,
             .headers = options.headers_max,
             .body_bytes = options.body_bytes_max},
      policy{.allowed_hosts = options.allowed_hosts,
             .check_origin = options.check_origin,
             .allowed_origins = options.allowed_origins},
      pool(options.handler_threads, options.queued_requests_max) {}

void ServerContext::count_response(int status) noexcept {
    if (status >= 500) {
        ++responses_5xx;
    } else if (status >= 400) {
        ++responses_4xx;
    }
}

HttpResponse ServerContext::call(const HttpHandler& handler, const HttpRequest& request) const {
    const auto where = [&] { return request.method + ' ' + request.route; };
    try {
        if (guard) {
            if (auto refusal = guard(request)) return std::move(*refusal);
        }
        auto response = handler(request);
        if (can_be_sent(response)) return response;
        report(where(), "the response has a status or header that cannot be sent");
    } catch (const std::exception& error) {
        report(where(), error.what());
    } catch (...) {
        report(where(), "threw something other than a std::exception");
    }
    return HttpResponse::problem(500, "internal", "internal error");
}

void ServerContext::report(std::string_view where, std::string_view what) const noexcept {
    try {
        if (options.on_error) options.on_error(std::string(where) + ": " + std::string(what));
    } catch (...) {
        return;  // a failing operator's log must not bring the server down
    }
}

}  // namespace quipu::http
