// SPDX-License-Identifier: Apache-2.0
#include "integr8s/monitor/pod_starter.hpp"

#include <chrono>
#include <stdexcept>

#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/publishing.hpp"

namespace integr8s {

runtime::PodSpec make_pod_spec(std::string_view pod_name, const PodSpecRow& row,
                               const runtime::Languages& languages) {
    runtime::PodSpec spec;
    if (const auto language = runtime::find_language(languages, row.language)) {
        spec.limits = language->limits;
    }
    spec.pod_name = pod_name;
    spec.execution_id = row.execution_id;
    spec.script = row.script;
    spec.filename = row.filename;
    spec.command = row.command;
    spec.timeout = std::chrono::seconds{row.timeout_seconds};
    spec.limits.memory_bytes = static_cast<std::uint64_t>(row.memory_bytes);
    spec.limits.cpu_millicores = static_cast<std::uint32_t>(row.cpu_millicores);
    // Users limit wall-clock time. A single thread cannot exceed this limit of CPU time before
    // that.
    constexpr std::int64_t spare_seconds = 5;
    spec.limits.cpu_seconds = static_cast<std::uint32_t>(row.timeout_seconds + spare_seconds);
    return spec;
}

void PodStarter::on(const quipu::Event<PodCreated>& event, Outputs& out,
                    quipu::Documents& documents) {
    const std::string& pod_name = event->pod_name;
    const auto spec = documents.get<PodSpecRow>(pod_name);
    auto start = documents.get<PodStartRow>(pod_name);
    if (!spec || !start) {
        // Deleted or ended, perhaps while an earlier run of this handler was starting it.
        if (const auto removed = runtime_.remove(pod_name); !removed) {
            throw std::runtime_error(removed.error().message);
        }
        return;
    }
    if (has_ended(documents, spec->execution_id)) return;  // the pod is about to be deleted
    const auto started = runtime_.start(make_pod_spec(pod_name, *spec, languages_));
    if (started) {
        start->started = true;
        documents.put(pod_name, *start);
    } else if (started.error().code == quipu::ErrorCode::invalid) {
        refuse(*event, started.error(), out, documents);
    } else {
        throw std::runtime_error(started.error().message);
    }
}

void PodStarter::refuse(const PodCreated& created, const quipu::Error& error, Outputs& out,
                        quipu::Documents& documents) const {
    const std::string& pod_name = created.pod_name;
    documents.erase<PodSpecRow>(pod_name);
    documents.erase<PodStartRow>(pod_name);
    auto pod = documents.get<PodRow>(pod_name);
    if (!pod) return;
    pod->state = PodState::refused;
    pod->updated_at = documents.now();
    documents.put(pod_name, *pod);
    const auto meta = about(pod->execution_id, pod->user_id);
    out.publish(PodFailed{.execution_id = pod->execution_id,
                          .pod_name = pod_name,
                          .exit_code = -1,
                          .reason = "Refused",
                          .message = error.message},
                meta);
    if (claim_end(documents, pod->execution_id, ExecutionStatus::failed)) {
        out.publish(ExecutionFailed{.execution_id = pod->execution_id,
                                    .exit_code = -1,
                                    .error_type = ExecutionErrorType::system_error,
                                    .stderr_ = "The pod cannot be run: " + error.message},
                    meta);
    }
    out.publish(PodTerminated{.execution_id = pod->execution_id,
                              .pod_name = pod_name,
                              .exit_code = -1,
                              .reason = "Refused",
                              .message = error.message},
                meta);
}

}  // namespace integr8s
