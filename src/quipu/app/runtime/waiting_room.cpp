// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/waiting_room.hpp"

#include <algorithm>
#include <utility>

#include "quipu/app/engines/secrets.hpp"
#include "quipu/app/runtime/app_routes.hpp"
#include "quipu/app/runtime/http_address.hpp"

namespace quipu {

namespace {
constexpr std::chrono::milliseconds first_pause{500};
constexpr std::chrono::milliseconds longest_pause{15'000};
}  // namespace

Result<void> WaitingRoom::persist(const std::function<Result<void>()>& attempt) {
    std::string logged;
    for (auto pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
        Result<void> done = attempt();
        if (done || !done.error().retryable()) return done;
        std::string reason = mask_secrets(done.error().message);
        if (reason != logged) {
            logged = std::move(reason);
            logger_.write(LogLevel::error, logged + "; trying again until it works");
            if (on_reason) on_reason(logged);
        }
        if (signals_.wait(pause) != 0) {
            stopped_ = true;
            return done;
        }
    }
}

WaitingServer::WaitingServer(const RunOptions& options) {
    if (options.http.empty()) return;
    auto server_options = http_options(options);
    if (!server_options) return;
    server_ = std::make_unique<HttpServer>(std::move(*server_options));
    add_health_routes(*server_, [this] {
        const MutexLock lock(reason_mutex_);
        return Readiness{.ready = false, .because = {"the program is starting: " + reason_}};
    });
    if (!server_->start()) server_.reset();
}

WaitingServer::~WaitingServer() {
    if (server_ != nullptr) server_->stop();
}

void WaitingServer::set_reason(std::string reason) {
    const MutexLock lock(reason_mutex_);
    reason_ = std::move(reason);
}

}  // namespace quipu
