// SPDX-License-Identifier: Apache-2.0
#include "integr8s/coordinator/coordinator.hpp"

#include <cstdint>
#include <string>
#include <utility>

#include "integr8s/coordinator/queue.hpp"
#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/publishing.hpp"

namespace integr8s {
namespace {

void end_admission(quipu::Documents& documents, std::string_view execution_id) {
    auto admission = documents.get<AdmissionRow>(execution_id);
    if (!admission) {
        admission = AdmissionRow{.state = AdmissionState::ended,
                                 .priority = QueuePriority::normal,
                                 .queue_key = {},
                                 .user_id = {},
                                 .cpu_request = {},
                                 .memory_request = {}};
    } else if (admission->state == AdmissionState::waiting) {
        ExecutionQueue(documents).remove(admission->queue_key);
        admission->state = AdmissionState::ended;
        admission->queue_key.clear();
    } else {
        return;
    }
    documents.put(execution_id, *admission);
}

}  // namespace

void ExecutionCoordinator::on(
    const quipu::Event<ExecutionRequested>& event,
    quipu::Publishes<ExecutionAccepted, ExecutionQueued, ExecutionFailed>& out, Grants& grants,
    quipu::Documents& documents) {
    const std::string& id = event->execution_id;
    if (documents.get<AdmissionRow>(id)) return;
    AdmissionRow admission{.state = AdmissionState::ended,
                           .priority = event->priority,
                           .queue_key = {},
                           .user_id = user_of(event.header),
                           .cpu_request = event->cpu_request,
                           .memory_request = event->memory_request};
    const auto meta = about(id, admission.user_id);
    ExecutionQueue queue(documents);
    if (queue.size() >= limits_.max_waiting) {
        documents.put(id, admission);
        if (!claim_end(documents, id, ExecutionStatus::failed)) return;
        out.publish(ExecutionFailed{.execution_id = id,
                                    .exit_code = -1,
                                    .error_type = ExecutionErrorType::resource_limit,
                                    .stderr_ = "The queue is full; try again later."},
                    meta);
        return;
    }
    if (has_ended(documents, id)) {
        documents.put(id, admission);
        return;
    }
    const auto ahead = static_cast<std::int64_t>(queue.ahead_of(event->priority));
    admission.state = AdmissionState::waiting;
    admission.queue_key = queue.add(id, event->priority);
    documents.put(id, admission);
    out.publish(
        ExecutionAccepted{.execution_id = id, .queue_position = ahead, .priority = event->priority},
        meta);
    grant(grants, documents);
    if (documents.get<AdmissionRow>(id)->state != AdmissionState::waiting) return;
    out.publish(ExecutionQueued{.execution_id = id, .position_in_queue = ahead}, meta);
}

void ExecutionCoordinator::on(const quipu::Event<ReleaseResourcesCommand>& event, Grants& grants,
                              quipu::Documents& documents) {
    auto admission = documents.get<AdmissionRow>(event->execution_id);
    if (!admission || admission->state != AdmissionState::granted) return;
    admission->state = AdmissionState::released;
    documents.put(event->execution_id, *admission);
    documents.erase<SlotRow>(event->execution_id);
    grant(grants, documents);
}

void ExecutionCoordinator::on(const quipu::Event<ExecutionCancelled>& event,
                              quipu::Documents& documents) {
    end_admission(documents, event->execution_id);
}

void ExecutionCoordinator::on(const quipu::Event<ExecutionFailed>& event,
                              quipu::Documents& documents) {
    end_admission(documents, event->execution_id);
}

void ExecutionCoordinator::on(const quipu::Event<ExecutionTimeout>& event,
                              quipu::Documents& documents) {
    end_admission(documents, event->execution_id);
}

void ExecutionCoordinator::on(const quipu::Event<ExecutionCompleted>& event,
                              quipu::Documents& documents) {
    end_admission(documents, event->execution_id);
}

void ExecutionCoordinator::tick(Grants& grants, quipu::Documents& documents) {
    grant(grants, documents);
}

void ExecutionCoordinator::grant(Grants& grants, quipu::Documents& documents) const {
    ExecutionQueue queue(documents);
    if (queue.size() == 0) return;
    std::size_t used = documents.scan<SlotRow>({}, limits_.max_running).size();
    while (used < limits_.max_running) {
        const auto id = queue.pop();
        if (!id) return;
        auto admission = documents.get<AdmissionRow>(*id);
        if (!admission) continue;
        admission->queue_key.clear();
        // The execution may have been cancelled although this group has not read that event yet.
        const bool ended = has_ended(documents, *id);
        admission->state = ended ? AdmissionState::ended : AdmissionState::granted;
        documents.put(*id, *admission);
        if (ended) continue;
        documents.put(*id, SlotRow{.since = documents.now()});
        ++used;
        // Set even if empty: otherwise the event would get the user of the one that freed the slot.
        auto meta = about(*id, admission->user_id);
        meta.user_id = admission->user_id;
        grants.publish(AllocateResourcesCommand{.execution_id = *id,
                                                .cpu_request = admission->cpu_request,
                                                .memory_request = admission->memory_request},
                       meta);
    }
}

}  // namespace integr8s
