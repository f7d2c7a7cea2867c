// SPDX-License-Identifier: Apache-2.0
#include "integr8s/monitor/pod_end.hpp"

#include <string>
#include <utility>

#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/output.hpp"
#include "integr8s/domain/publishing.hpp"
#include "integr8s/monitor/verdict.hpp"

namespace integr8s {
namespace {

using Unit = quipu::UnitOfWork<Events>;

std::optional<std::string> text_or_null(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

void publish_pod_end(Unit& unit, const PodRow& pod, const Verdict& verdict,
                     const std::string& message) {
    const auto meta = about(pod.execution_id, pod.user_id);
    if (verdict.status == ExecutionStatus::completed) {
        unit.publish(PodSucceeded{.execution_id = pod.execution_id, .pod_name = pod.pod_name},
                     meta);
        return;
    }
    unit.publish(PodFailed{.execution_id = pod.execution_id,
                           .pod_name = pod.pod_name,
                           .exit_code = verdict.exit_code,
                           .reason = verdict.reason,
                           .message = text_or_null(message)},
                 meta);
}

void publish_execution_end(Unit& unit, const PodRow& pod, const Verdict& verdict,
                           const ResourceUsage& usage, EventOutput output) {
    const auto meta = about(pod.execution_id, pod.user_id);
    if (verdict.status == ExecutionStatus::completed) {
        unit.publish(ExecutionCompleted{.execution_id = pod.execution_id,
                                        .exit_code = verdict.exit_code,
                                        .resource_usage = usage,
                                        .stdout_ = std::move(output.stdout_text),
                                        .stderr_ = std::move(output.stderr_text)},
                     meta);
    } else if (verdict.status == ExecutionStatus::timeout) {
        unit.publish(ExecutionTimeout{.execution_id = pod.execution_id,
                                      .timeout_seconds = pod.timeout_seconds,
                                      .resource_usage = usage,
                                      .stdout_ = std::move(output.stdout_text),
                                      .stderr_ = std::move(output.stderr_text)},
                     meta);
    } else {
        unit.publish(ExecutionFailed{.execution_id = pod.execution_id,
                                     .exit_code = verdict.exit_code,
                                     .error_type = verdict.error_type,
                                     .resource_usage = usage,
                                     .stdout_ = std::move(output.stdout_text),
                                     .stderr_ = std::move(output.stderr_text)},
                     meta);
    }
}

void keep_output(quipu::Documents& documents, const std::string& execution_id,
                 const runtime::PodResult& result, bool event_truncated) {
    OutputRow row{.stdout_bytes = static_cast<std::int64_t>(result.stdout_bytes.size()),
                  .stderr_bytes = static_cast<std::int64_t>(result.stderr_bytes.size()),
                  .stdout_truncated = result.stdout_truncated,
                  .stderr_truncated = result.stderr_truncated,
                  .event_truncated = event_truncated,
                  .outcome = runtime::to_string(result.outcome),
                  .reason = result.reason};
    if (result.signal != 0) row.signal = result.signal;
    documents.put(execution_id, row);
    store_output(documents, execution_id, Stream::out, result.stdout_bytes);
    store_output(documents, execution_id, Stream::err, result.stderr_bytes);
}

void bury(quipu::Documents& documents, PodRow& pod, PodState state) {
    pod.state = state;
    pod.updated_at = documents.now();
    documents.put(pod.pod_name, pod);
    documents.erase<PodSpecRow>(pod.pod_name);
    documents.erase<PodStartRow>(pod.pod_name);
}

}  // namespace

PodTerminated termination_of(const PodRow& pod, const runtime::PodResult& result) {
    const Verdict verdict = judge(result);
    return {.execution_id = pod.execution_id,
            .pod_name = pod.pod_name,
            .exit_code = verdict.exit_code,
            .reason = verdict.reason,
            .message = text_or_null(result.reason)};
}

void record_end(Unit& unit, PodRow& pod, const runtime::PodResult& result) {
    const Verdict verdict = judge(result);
    const bool deleted = result.outcome == runtime::PodOutcome::deleted;
    if (!deleted) {
        publish_pod_end(unit, pod, verdict, result.reason);
        if (claim_end(unit.documents, pod.execution_id, verdict.status)) {
            EventOutput output = event_output(result.stdout_bytes, result.stderr_bytes);
            keep_output(unit.documents, pod.execution_id, result, output.truncated);
            publish_execution_end(unit, pod, verdict, usage_of(result), std::move(output));
        }
    }
    unit.publish(termination_of(pod, result), about(pod.execution_id, pod.user_id));
    bury(unit.documents, pod, deleted ? PodState::deleted : PodState::finished);
}

void record_lost(Unit& unit, PodRow& pod, std::int64_t attempts) {
    runtime::PodResult result;
    result.outcome = runtime::PodOutcome::system_error;
    result.reason = "The program ended " + std::to_string(attempts) +
                    " times while the script ran; the script is not started again.";
    result.stderr_bytes = result.reason;
    record_end(unit, pod, result);
}

}  // namespace integr8s
