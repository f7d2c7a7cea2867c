// SPDX-License-Identifier: Apache-2.0
#include "integr8s/saga/orchestrator.hpp"

#include <utility>

#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/domain/publishing.hpp"
#include "integr8s/saga/saga_row.hpp"

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

void SagaOrchestrator::on(const quipu::Event<ExecutionRequested>& event,
                          quipu::Documents& documents) {
    const std::string& id = event->execution_id;
    if (documents.get<SagaRow>(id)) return;
    SagaRow saga = new_saga(documents, id, event.header);
    saga.language = event->language;
    saga.timeout_seconds = event->timeout_seconds;
    saga.cpu_request = event->cpu_request;
    saga.memory_request = event->memory_request;
    save(documents, saga);
    documents.put(id, SagaPlan{.request = *event});
}

void SagaOrchestrator::on(const quipu::Event<AllocateResourcesCommand>& event, Begin& begin,
                          Fail& fail, End& end, quipu::Documents& documents) {
    const std::string& id = event->execution_id;
    auto saga = documents.get<SagaRow>(id);
    if (!saga) {
        saga = new_saga(documents, id, event.header);
        saga->cpu_request = event->cpu_request;
        saga->memory_request = event->memory_request;
    }
    if (saga->slot != SlotState::none) return;
    saga->slot = SlotState::held;
    if (is_end(saga->state)) {  // cancelled at the same time
        give_slot_back(end, *saga);
        save(documents, *saga);
        return;
    }
    const auto plan = documents.get<SagaPlan>(id);
    const auto meta = about(id, saga->user_id);
    saga->state = SagaState::running;
    saga->current_step = step_validate;
    begin.publish(SagaStarted{.saga_id = saga->saga_id,
                              .saga_name = saga->saga_name,
                              .execution_id = id,
                              .initial_event_id = event.header.event_id},
                  meta);
    const StepFailure failure =
        plan ? run_steps(*saga, plan->request, begin, documents)
             : StepFailure{ExecutionErrorType::system_error, "The request is missing."};
    documents.erase<SagaPlan>(id);
    if (failure.message.empty()) {
        save(documents, *saga);
        return;
    }
    if (claim_end(documents, id, ExecutionStatus::failed)) {
        fail.publish(ExecutionFailed{.execution_id = id,
                                     .exit_code = -1,
                                     .error_type = failure.type,
                                     .stderr_ = failure.message},
                     meta);
    }
    wind_up(documents, end, *saga,
            {.state = SagaState::failed,
             .failed_step = saga->current_step,
             .error = failure.message,
             .cancelled_by = {}});
}

SagaOrchestrator::StepFailure SagaOrchestrator::run_steps(SagaRow& saga,
                                                          const ExecutionRequested& request,
                                                          Begin& begin,
                                                          quipu::Documents& documents) const {
    const std::string& id = saga.execution_id;
    if (request.script.size() > limits_.max_script_bytes) {
        return {ExecutionErrorType::resource_limit,
                "The script has more than " + std::to_string(limits_.max_script_bytes) + " bytes."};
    }
    if (request.timeout_seconds < 1 || request.timeout_seconds > limits_.max_timeout.count()) {
        return {ExecutionErrorType::system_error, "The timeout must be 1 to " +
                                                      std::to_string(limits_.max_timeout.count()) +
                                                      " seconds."};
    }
    saga.completed_steps.emplace_back(step_validate);

    saga.current_step = step_allocate;
    const auto live =
        documents.scan<AllocationRow>(allocation_prefix(saga.language), limits_.max_allocations);
    if (live.size() >= limits_.max_allocations) {
        return {ExecutionErrorType::resource_limit, std::to_string(live.size()) +
                                                        " executions of " + saga.language +
                                                        " are already running; try again later."};
    }
    documents.put(allocation_key(saga.language, id),
                  AllocationRow{.execution_id = id,
                                .language = saga.language,
                                .cpu_request = saga.cpu_request,
                                .memory_request = saga.memory_request,
                                .allocated_at = documents.now()});
    saga.completed_steps.emplace_back(step_allocate);

    saga.current_step = step_create_pod;
    begin.publish(CreatePodCommand{.saga_id = saga.saga_id,
                                   .execution_id = id,
                                   .script = request.script,
                                   .language = request.language,
                                   .language_version = request.language_version,
                                   .runtime_image = request.runtime_image,
                                   .runtime_command = request.runtime_command,
                                   .runtime_filename = request.runtime_filename,
                                   .timeout_seconds = request.timeout_seconds,
                                   .cpu_limit = request.cpu_limit,
                                   .memory_limit = request.memory_limit,
                                   .cpu_request = request.cpu_request,
                                   .memory_request = request.memory_request,
                                   .priority = request.priority},
                  about(id, saga.user_id));
    saga.completed_steps.emplace_back(step_create_pod);
    saga.current_step = after_steps;
    saga.deadline =
        documents.now() + limits_.start_allowance + std::chrono::seconds{request.timeout_seconds};
    return {};
}

void SagaOrchestrator::on(const quipu::Event<PodRunning>& event, quipu::Documents& documents) {
    auto saga = documents.get<SagaRow>(event->execution_id);
    if (!saga || saga->state != SagaState::running) return;
    saga->deadline = documents.now() + std::chrono::seconds{saga->timeout_seconds} + limits_.grace;
    save(documents, *saga);
}

void SagaOrchestrator::on(const quipu::Event<ExecutionCompleted>& event, End& end,
                          quipu::Documents& documents) {
    ended(documents, end, event.header, event->execution_id,
          {.state = SagaState::completed, .failed_step = {}, .error = {}, .cancelled_by = {}});
}

void SagaOrchestrator::on(const quipu::Event<ExecutionFailed>& event, End& end,
                          quipu::Documents& documents) {
    ended(documents, end, event.header, event->execution_id,
          {.state = SagaState::failed,
           .failed_step = std::string(after_steps),
           .error = std::string(to_string(event->error_type)) + " (exit code " +
                    std::to_string(std::int64_t{event->exit_code}) + ")",
           .cancelled_by = {}});
}

void SagaOrchestrator::on(const quipu::Event<ExecutionTimeout>& event, End& end,
                          quipu::Documents& documents) {
    ended(documents, end, event.header, event->execution_id,
          {.state = SagaState::timeout,
           .failed_step = std::string(after_steps),
           .error = "timeout (" + std::to_string(event->timeout_seconds) + " seconds)",
           .cancelled_by = {}});
}

void SagaOrchestrator::on(const quipu::Event<ExecutionCancelled>& event, End& end,
                          quipu::Documents& documents) {
    ended(documents, end, event.header, event->execution_id,
          {.state = SagaState::cancelled,
           .failed_step = {},
           .error = {},
           .cancelled_by = event->cancelled_by});
}

void SagaOrchestrator::on(const quipu::Event<PodDeleted>& event, Fail& fail, End& end,
                          quipu::Documents& documents) {
    const std::string& id = event->execution_id;
    auto saga = documents.get<SagaRow>(id);
    if (!saga) return;
    if (saga->state == SagaState::compensating) {
        conclude(documents, end, *saga);
        return;
    }
    // The pod was deleted by another request, so the execution cannot end by itself. If its end has
    // been claimed, the terminal event is already in the log and will end the saga.
    if (saga->state != SagaState::running) return;
    if (!claim_end(documents, id, ExecutionStatus::failed)) return;
    fail.publish(ExecutionFailed{.execution_id = id,
                                 .exit_code = -1,
                                 .error_type = ExecutionErrorType::system_error,
                                 .stderr_ = "The pod was deleted before the script had ended."},
                 about(id, saga->user_id));
    wind_up(documents, end, *saga,
            {.state = SagaState::failed,
             .failed_step = std::string(after_steps),
             .error = "pod deleted",
             .cancelled_by = {}});
}

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
