// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <utility>

#include "quipu/app/runtime/running_app.hpp"

// The state of a running program for /readyz, /metrics and its own command line.

namespace quipu {

std::optional<RelayStatus> RunningApp::relay_status() const {
    if (relay_ == nullptr || !options_.engines.relay) return std::nullopt;
    return relay_->status();
}

Readiness RunningApp::readiness() {
    ReadinessFacts facts{.started = started_,
                         .stopping = stopping_,
                         .waits_for = {},
                         .store = store_->health(),
                         .log = {},
                         .relay = relay_status(),
                         .relay_still = {},
                         .groups = runtime_->status(),
                         .service_problems = {},
                         .stuck_after = options_.stuck_after,
                         .strict = options_.strict_ready,
                         .now = now()};
    {
        const MutexLock lock(status_mutex_);
        facts.waits_for = waits_for_;
    }
    if (topic_log_ != nullptr) facts.log = topic_log_->health();
    if (facts.relay) {
        facts.relay_still = relay_watch_.still(*facts.relay, std::chrono::steady_clock::now());
    }
    for (Service* service : definition_.services) {
        if (std::string problem = service->problem(); !problem.empty()) {
            facts.service_problems.push_back(std::move(problem));
        }
    }
    return assess(facts);
}

std::string RunningApp::metrics() {
    MetricsFacts facts{.program = definition_.name,
                       .version = definition_.version,
                       .ready = readiness().ready,
                       .store = store_->health(),
                       .log = {},
                       .relay = relay_status(),
                       .groups = runtime_->status(),
                       .appended = appended_->counts(),
                       .open_dead_letters = {},
                       .http = {}};
    if (topic_log_ != nullptr) facts.log = topic_log_->health();
    for (const GroupStatus& group : facts.groups) {
        facts.open_dead_letters[group.group] = count_open_dead_letters(*store_, group.group);
    }
    if (facts.relay) {
        const std::string relay{relay_group};
        facts.open_dead_letters[relay] = count_open_dead_letters(*store_, relay);
    }
    if (http_ != nullptr) facts.http = http_->stats();
    std::string text = metrics_text(facts);
    for (Service* service : definition_.services) service->metrics(text);
    return text;
}

ProgramStatus RunningApp::status() {
    Readiness ready = readiness();
    ProgramStatus status{.program = definition_.name,
                         .version = definition_.version,
                         .pid = ::getpid(),
                         .started_at = started_at_,
                         .durability = {},
                         .http = http_address(),
                         .ready = ready.ready,
                         .not_ready_because = std::move(ready.because),
                         .groups = {}};
    if (auto health = store_->health()) status.durability = std::move(health->durability);
    for (const GroupStatus& group : runtime_->status()) status.groups.push_back(live_of(group));
    return status;
}

}  // namespace quipu
