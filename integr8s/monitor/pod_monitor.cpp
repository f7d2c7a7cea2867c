// SPDX-License-Identifier: Apache-2.0
#include "integr8s/monitor/pod_monitor.hpp"

#include <set>
#include <utility>
#include <vector>

#include "integr8s/domain/publishing.hpp"
#include "integr8s/monitor/pod_end.hpp"

namespace integr8s {

using runtime::PodPhase;
using runtime::PodStatus;

PodMonitor::PodMonitor(runtime::PodRuntime& runtime, MonitorOptions settings)
    : runtime_(runtime), settings_(std::move(settings)) {}

PodMonitor::~PodMonitor() {
    stop();
}

quipu::Result<void> PodMonitor::start(quipu::Publisher<Events> publisher) {
    publisher_ = publisher;
    if (auto done = reconcile(); !done) return done;
    runtime_.watch([this](const PodStatus& status) { return observe(status); });
    return {};
}

void PodMonitor::stop() {
    if (!publisher_) return;
    runtime_.watch({});
    publisher_.reset();
}

quipu::Result<void> PodMonitor::reconcile() {
    auto listed = runtime_.list();
    if (!listed) return std::unexpected(std::move(listed.error()));
    std::set<std::string> unknown;
    for (const PodStatus& status : *listed) unknown.insert(status.pod_name);

    constexpr std::size_t page = 16;
    std::string after;
    while (true) {
        auto live = publisher_->store().documents(PodSpecRow::collection, {}, after, page);
        if (!live) return std::unexpected(std::move(live.error()));
        for (const quipu::Document& document : *live) {
            if (unknown.erase(document.key) > 0) continue;
            if (auto done = restart(document.key); !done) return done;
        }
        if (live->size() < page) break;
        after = live->back().key;
    }
    for (const std::string& pod_name : unknown) {
        if (auto removed = runtime_.remove(pod_name); !removed) return removed;
    }
    return {};
}

quipu::Result<void> PodMonitor::restart(const std::string& pod_name) {
    auto done = publisher_->transact([&](Unit& unit) {
        auto start = unit.documents.get<PodStartRow>(pod_name);
        auto pod = unit.documents.get<PodRow>(pod_name);
        // Not started yet: the group that starts pods has not handled its pod_created.
        if (!start || !pod || !start->started) return;
        if (start->attempt >= settings_.max_attempts) {
            record_lost(unit, *pod, start->attempt);
            return;
        }
        ++start->attempt;
        start->started = false;
        unit.documents.put(pod_name, *start);
        pod->state = PodState::created;
        pod->updated_at = unit.documents.now();
        unit.documents.put(pod_name, *pod);
        unit.publish(PodCreated{.execution_id = pod->execution_id,
                                .pod_name = pod_name,
                                .namespace_ = pod->namespace_},
                     about(pod->execution_id, pod->user_id));
    });
    if (!done) return std::unexpected(std::move(done.error()));
    return {};
}

bool PodMonitor::observe(const PodStatus& status) {
    if (status.phase == PodPhase::pending) return true;  // published as pod_created
    bool removable = false;
    const auto done = publisher_->transact([&](Unit& unit) { removable = record(unit, status); });
    if (!done) {
        ++failures_;
        return false;
    }
    ++published_;
    // If a pod cannot be removed, the runtime reports it again, with nothing left to publish.
    return !removable || runtime_.remove(status.pod_name).has_value();
}

bool PodMonitor::record(Unit& unit, const PodStatus& status) const {
    auto pod = unit.documents.get<PodRow>(status.pod_name);
    if (!pod || is_gone(pod->state)) return true;
    switch (status.phase) {
        case PodPhase::pending: break;
        case PodPhase::scheduled: record_scheduled(unit, *pod); break;
        case PodPhase::running: record_running(unit, *pod); break;
        case PodPhase::finished:
            if (!status.result) break;
            record_end(unit, *pod, *status.result);
            return true;
    }
    return false;
}

void PodMonitor::record_scheduled(Unit& unit, PodRow& pod) const {
    if (pod.state >= PodState::scheduled) return;
    pod.state = PodState::scheduled;
    pod.updated_at = unit.documents.now();
    unit.documents.put(pod.pod_name, pod);
    unit.publish(PodScheduled{.execution_id = pod.execution_id,
                              .pod_name = pod.pod_name,
                              .node_name = settings_.node_name},
                 about(pod.execution_id, pod.user_id));
}

void PodMonitor::record_running(Unit& unit, PodRow& pod) const {
    if (pod.state >= PodState::running) return;
    pod.state = PodState::running;
    pod.updated_at = unit.documents.now();
    unit.documents.put(pod.pod_name, pod);
    const auto meta = about(pod.execution_id, pod.user_id);
    const auto start = unit.documents.get<PodStartRow>(pod.pod_name);
    const std::int64_t restarts = start ? start->attempt - 1 : 0;
    unit.publish(
        PodRunning{.execution_id = pod.execution_id,
                   .pod_name = pod.pod_name,
                   .container_statuses = std::vector<ContainerStatus>{{.name = "executor",
                                                                       .ready = true,
                                                                       .restart_count = restarts,
                                                                       .state = "running"}}},
        meta);
    if (restarts == 0) {
        unit.publish(ExecutionStarted{.execution_id = pod.execution_id,
                                      .pod_name = pod.pod_name,
                                      .node_name = settings_.node_name},
                     meta);
    }
    unit.publish(ExecutionRunning{.execution_id = pod.execution_id, .pod_name = pod.pod_name},
                 meta);
}

}  // namespace integr8s
