// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/purge_job.hpp"

#include <utility>

namespace quipu {

namespace {
constexpr std::size_t batch = 1000;
}

PurgeJob::PurgeJob(Store& store, Report report, std::chrono::milliseconds interval)
    : store_(store), report_(std::move(report)), interval_(interval) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void PurgeJob::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        round(stop);
        const MutexLock lock(sleep_mutex_);
        pause_.wait_for(sleep_mutex_, stop, interval_, [] { return false; });
    }
}

void PurgeJob::round(const std::stop_token& stop) {
    std::size_t removed = 0;
    std::string problem;
    while (!stop.stop_requested()) {
        const auto done = store_.purge(now(), batch);
        if (!done) problem = done.error().message;
        removed += done.value_or(0);
        if (done.value_or(0) < batch) break;
    }
    if (removed > 0 || !problem.empty()) report_(removed, problem);
}

}  // namespace quipu
