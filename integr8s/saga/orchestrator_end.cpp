// SPDX-License-Identifier: Apache-2.0
#include "integr8s/saga/orchestrator.hpp"

#include <utility>

#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/domain/publishing.hpp"
#include "integr8s/saga/saga_row.hpp"

// The end of a saga: it releases its resources and publishes its outcome.

namespace integr8s {
namespace {

void compensate(SagaOrchestrator::End& out, SagaRow& saga, std::string_view step) {
    saga.compensated_steps.emplace_back(step);
    out.publish(SagaCompensating{.saga_id = saga.saga_id,
                                 .saga_name = saga.saga_name,
                                 .execution_id = saga.execution_id,
                                 .compensating_step = std::string(step)},
                about(saga.execution_id, saga.user_id));
}

}  // namespace

void SagaOrchestrator::tick(quipu::Publishes<ExecutionTimeout>& timeout, End& end,
                            quipu::Documents& documents) {
    // Every active saga has an allocation, so this does not read rows of ended sagas.
    for (const auto& [key, allocation] : documents.scan<AllocationRow>()) {
        auto saga = documents.get<SagaRow>(allocation.execution_id);
        if (!saga || !saga->deadline || *saga->deadline > documents.now()) continue;
        if (saga->state == SagaState::compensating) {
            ++saga->retry_count;
            ask_deletion(documents, end, *saga);
            save(documents, *saga);
            continue;
        }
        // If the end has been claimed, the terminal event is in the log and will be handled soon.
        if (!claim_end(documents, saga->execution_id, ExecutionStatus::timeout)) continue;
        timeout.publish(ExecutionTimeout{.execution_id = saga->execution_id,
                                         .timeout_seconds = saga->timeout_seconds},
                        about(saga->execution_id, saga->user_id));
        wind_up(documents, end, *saga,
                {.state = SagaState::timeout,
                 .failed_step = std::string(after_steps),
                 .error = "the pod did not end before the deadline",
                 .cancelled_by = {}});
    }
}

void SagaOrchestrator::ended(quipu::Documents& documents, End& out,
                             const quipu::EventHeader& header, std::string_view execution_id,
                             Ending ending) const {
    auto saga = documents.get<SagaRow>(execution_id);
    if (!saga) {  // ended before its request was handled: the row keeps it from ever starting
        SagaRow mark = new_saga(documents, execution_id, header);
        end_silently(documents, mark, ending.state);
        return;
    }
    if (saga->state == SagaState::created) {
        end_silently(documents, *saga, ending.state);
    } else if (saga->state == SagaState::running) {
        wind_up(documents, out, *saga, std::move(ending));
    }
}

void SagaOrchestrator::wind_up(quipu::Documents& documents, End& out, SagaRow& saga,
                               Ending ending) const {
    saga.outcome = ending.state;
    saga.failed_step = std::move(ending.failed_step);
    saga.error = std::move(ending.error);
    if (!ending.cancelled_by.empty()) saga.cancelled_by = std::move(ending.cancelled_by);
    if (!pod_may_live(documents, saga)) {
        conclude(documents, out, saga);
        return;
    }
    saga.state = SagaState::compensating;
    if (saga.outcome != SagaState::completed) compensate(out, saga, step_create_pod);
    ask_deletion(documents, out, saga);
    save(documents, saga);
}

void SagaOrchestrator::ask_deletion(const quipu::Documents& documents, End& out,
                                    SagaRow& saga) const {
    saga.deadline = documents.now() + limits_.delete_again;
    out.publish(DeletePodCommand{.saga_id = saga.saga_id,
                                 .execution_id = saga.execution_id,
                                 .reason = saga.error.empty() ? "execution ended" : saga.error,
                                 .pod_name = pod_name_of(saga.execution_id)},
                about(saga.execution_id, saga.user_id));
}

void SagaOrchestrator::conclude(quipu::Documents& documents, End& out, SagaRow& saga) const {
    const auto meta = about(saga.execution_id, saga.user_id);
    documents.erase<AllocationRow>(allocation_key(saga.language, saga.execution_id));
    if (saga.outcome != SagaState::completed && has_done(saga, step_allocate)) {
        compensate(out, saga, step_allocate);
        out.publish(SagaCompensated{.saga_id = saga.saga_id,
                                    .saga_name = saga.saga_name,
                                    .execution_id = saga.execution_id,
                                    .compensated_steps = saga.compensated_steps},
                    meta);
    }
    saga.state = saga.outcome;
    saga.deadline.reset();
    saga.completed_at = documents.now();
    if (saga.state == SagaState::completed) {
        out.publish(SagaCompleted{.saga_id = saga.saga_id,
                                  .saga_name = saga.saga_name,
                                  .execution_id = saga.execution_id,
                                  .completed_steps = saga.completed_steps},
                    meta);
    } else if (saga.state == SagaState::cancelled) {
        out.publish(SagaCancelled{.saga_id = saga.saga_id,
                                  .saga_name = saga.saga_name,
                                  .execution_id = saga.execution_id,
                                  .reason = "execution cancelled",
                                  .completed_steps = saga.completed_steps,
                                  .compensated_steps = saga.compensated_steps,
                                  .cancelled_at = saga.completed_at,
                                  .cancelled_by = saga.cancelled_by},
                    meta);
    } else {
        out.publish(SagaFailed{.saga_id = saga.saga_id,
                               .saga_name = saga.saga_name,
                               .execution_id = saga.execution_id,
                               .failed_step = saga.failed_step,
                               .error = saga.error},
                    meta);
    }
    give_slot_back(out, saga);
    save(documents, saga);
}

void SagaOrchestrator::give_slot_back(End& out, SagaRow& saga) {
    if (saga.slot != SlotState::held) return;
    saga.slot = SlotState::released;
    out.publish(ReleaseResourcesCommand{.execution_id = saga.execution_id,
                                        .cpu_request = saga.cpu_request,
                                        .memory_request = saga.memory_request},
                about(saga.execution_id, saga.user_id));
}

}  // namespace integr8s
