// SPDX-License-Identifier: Apache-2.0
#include "integr8s/worker/worker.hpp"

#include <stdexcept>

#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/publishing.hpp"
#include "integr8s/domain/quantity.hpp"
#include "integr8s/monitor/pod_end.hpp"

namespace integr8s {
namespace {

quipu::Result<PodSpecRow> spec_of(const CreatePodCommand& command) {
    if (command.runtime_command.empty() || command.runtime_filename.empty()) {
        return quipu::fail(quipu::ErrorCode::invalid,
                           "create_pod_command lacks the command or the file name of the script");
    }
    const auto memory = parse_memory(command.memory_limit);
    if (!memory) return std::unexpected(memory.error());
    const auto cpu = parse_cpu(command.cpu_limit);
    if (!cpu) return std::unexpected(cpu.error());
    return PodSpecRow{.execution_id = command.execution_id,
                      .language = command.language,
                      .script = command.script,
                      .filename = command.runtime_filename,
                      .command = command.runtime_command,
                      .timeout_seconds = command.timeout_seconds,
                      .memory_bytes = *memory,
                      .cpu_millicores = *cpu};
}

PodRow row_of(const quipu::Event<CreatePodCommand>& event, const std::string& pod_name,
              const std::string& pod_namespace, quipu::Time now) {
    return {.pod_name = pod_name,
            .namespace_ = pod_namespace,
            .execution_id = event->execution_id,
            .saga_id = event->saga_id,
            .user_id = user_of(event.header),
            .state = PodState::created,
            .timeout_seconds = event->timeout_seconds,
            .created_at = now,
            .updated_at = now};
}

}  // namespace

void PodWorker::on(const quipu::Event<CreatePodCommand>& event,
                   quipu::Publishes<PodCreated, ExecutionFailed>& out,
                   quipu::Documents& documents) {
    const std::string& id = event->execution_id;
    const std::string pod_name = pod_name_of(id);
    if (documents.get<PodRow>(pod_name)) return;
    PodRow pod = row_of(event, pod_name, settings_.pod_namespace, documents.now());
    const auto meta = about(id, pod.user_id);
    if (has_ended(documents, id)) {  // cancelled meanwhile
        pod.state = PodState::deleted;
        documents.put(pod_name, pod);
        return;
    }
    const auto spec = spec_of(*event);
    if (!spec) {
        pod.state = PodState::refused;
        documents.put(pod_name, pod);
        if (!claim_end(documents, id, ExecutionStatus::failed)) return;
        out.publish(
            ExecutionFailed{.execution_id = id,
                            .exit_code = -1,
                            .error_type = ExecutionErrorType::system_error,
                            .stderr_ = "The pod cannot be created: " + spec.error().message},
            meta);
        return;
    }
    documents.put(pod_name, pod);
    documents.put(pod_name, *spec);
    documents.put(pod_name, PodStartRow{});
    out.publish(PodCreated{.execution_id = id, .pod_name = pod_name, .namespace_ = pod.namespace_},
                meta);
}

void PodWorker::on(const quipu::Event<DeletePodCommand>& event,
                   quipu::Publishes<PodTerminated, PodDeleted>& out, quipu::Documents& documents) {
    const std::string& id = event->execution_id;
    const std::string pod_name = event->pod_name.value_or(pod_name_of(id));
    auto pod = documents.get<PodRow>(pod_name);
    // Read so that a concurrent start conflicts: this handler then runs again and removes the pod.
    static_cast<void>(documents.get<PodStartRow>(pod_name));
    documents.erase<PodSpecRow>(pod_name);
    documents.erase<PodStartRow>(pod_name);
    if (const auto removed = runtime_.remove(pod_name); !removed) {
        throw std::runtime_error(removed.error().message);
    }
    const auto meta = about(id, pod ? pod->user_id : std::string{});
    if (pod && !is_gone(pod->state)) {
        pod->state = PodState::deleted;
        pod->updated_at = documents.now();
        documents.put(pod_name, *pod);
        runtime::PodResult result;
        result.outcome = runtime::PodOutcome::deleted;
        result.reason = "deleted on request";
        out.publish(termination_of(*pod, result), meta);
    }
    out.publish(PodDeleted{.execution_id = id, .pod_name = pod_name, .reason = event->reason},
                meta);
}

}  // namespace integr8s
