// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/stop_signals.hpp"

#include <unistd.h>

namespace quipu {

StopSignals::StopSignals() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGTERM);
    ::sigaddset(&signals_, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &pipe_before_);
}

StopSignals::~StopSignals() {
    if (watcher_.joinable()) {
        watcher_.request_stop();
        watcher_.join();
    }
    ::sigaction(SIGPIPE, &pipe_before_, nullptr);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::wait(std::chrono::milliseconds timeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(seconds.count());
    limit.tv_nsec = static_cast<long>(std::chrono::nanoseconds(timeout - seconds).count());
    const int signal = ::sigtimedwait(&signals_, nullptr, &limit);
    return signal > 0 ? signal : 0;
}

void StopSignals::exit_on_next() {
    watcher_ = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            if (const int signal = wait(std::chrono::milliseconds{100}); signal != 0) {
                ::_exit(128 + signal);
            }
        }
    });
}

}  // namespace quipu
