// SPDX-License-Identifier: Apache-2.0
#include "integr8s/results/result_processor.hpp"

#include <optional>
#include <string>
#include <utility>

#include "integr8s/domain/execution_rows.hpp"
#include "integr8s/domain/output.hpp"
#include "integr8s/domain/publishing.hpp"

namespace integr8s {
namespace {

/// The facts about an execution in its terminal event.
struct End {
    ExecutionStatus status;
    std::optional<std::int64_t> exit_code = {};
    std::optional<ExecutionErrorType> error_type = {};
    std::optional<ResourceUsage> resource_usage = {};
    std::string stdout_text = {};
    std::string stderr_text = {};
    std::optional<std::string> cancelled_by = {};
};

ExecutionRow row_for(quipu::Documents& documents, const std::string& id,
                     const quipu::EventHeader& header) {
    if (auto row = documents.get<ExecutionRow>(id)) return std::move(*row);
    return {.execution_id = id,
            .user_id = user_of(header),
            .status = ExecutionStatus::queued,
            .language = {},
            .version = {},
            .priority = QueuePriority::normal,
            .timeout_seconds = 0,
            .script_bytes = 0,
            .created_at = documents.now(),
            .updated_at = documents.now()};
}

/// The outputs that the pod monitor stored, or else those of the event.
OutputRow output_of(quipu::Documents& documents, const std::string& id, const End& end) {
    if (auto kept = documents.get<OutputRow>(id)) return std::move(*kept);
    OutputRow row;
    row.stdout_bytes = static_cast<std::int64_t>(end.stdout_text.size());
    row.stderr_bytes = static_cast<std::int64_t>(end.stderr_text.size());
    documents.put(id, row);
    store_output(documents, id, Stream::out, end.stdout_text);
    store_output(documents, id, Stream::err, end.stderr_text);
    return row;
}

void finish_row(ExecutionRow& row, const End& end, quipu::Time now) {
    row.status = end.status;
    row.exit_code = end.exit_code;
    row.error_type = end.error_type;
    if (end.cancelled_by) row.cancelled_by = end.cancelled_by;
    row.updated_at = now;
    if (!row.ended_at) row.ended_at = now;
}

void finish(quipu::Documents& documents, ResultProcessor::Stored& out, const std::string& id,
            const quipu::EventHeader& header, const End& end) {
    if (documents.get<ResultRow>(id)) return;
    ExecutionRow row = row_for(documents, id, header);
    if (is_end(row.status) && row.status != end.status) return;
    finish_row(row, end, documents.now());
    documents.put(id, row);
    const ResultRow result{.execution_id = id,
                           .user_id = row.user_id,
                           .status = end.status,
                           .exit_code = end.exit_code,
                           .error_type = end.error_type,
                           .resource_usage = end.resource_usage,
                           .output = output_of(documents, id, end),
                           .stored_at = documents.now()};
    documents.put(id, result);
    out.publish(ResultStored{.execution_id = id,
                             .storage_type = StorageType::database,
                             .storage_path = id,
                             .size_bytes = result.output.stdout_bytes + result.output.stderr_bytes},
                about(id, row.user_id));
}

}  // namespace

void ResultProcessor::on(const quipu::Event<ExecutionRequested>& event,
                         quipu::Documents& documents) {
    ensure_rows(documents, event);
}

void ResultProcessor::on(const quipu::Event<AllocateResourcesCommand>& event,
                         quipu::Documents& documents) {
    advance_row(documents, event->execution_id, ExecutionStatus::scheduled);
}

void ResultProcessor::on(const quipu::Event<PodRunning>& event, quipu::Documents& documents) {
    advance_row(documents, event->execution_id, ExecutionStatus::running);
}

void ResultProcessor::on(const quipu::Event<ExecutionCompleted>& event, Stored& out,
                         quipu::Documents& documents) {
    finish(documents, out, event->execution_id, event.header,
           {.status = ExecutionStatus::completed,
            .exit_code = event->exit_code,
            .resource_usage = event->resource_usage,
            .stdout_text = event->stdout_,
            .stderr_text = event->stderr_});
}

void ResultProcessor::on(const quipu::Event<ExecutionFailed>& event, Stored& out,
                         quipu::Documents& documents) {
    finish(documents, out, event->execution_id, event.header,
           {.status = ExecutionStatus::failed,
            .exit_code = event->exit_code,
            .error_type = event->error_type,
            .resource_usage = event->resource_usage,
            .stdout_text = event->stdout_,
            .stderr_text = event->stderr_});
}

void ResultProcessor::on(const quipu::Event<ExecutionTimeout>& event, Stored& out,
                         quipu::Documents& documents) {
    finish(documents, out, event->execution_id, event.header,
           {.status = ExecutionStatus::timeout,
            .exit_code = -1,
            .error_type = ExecutionErrorType::timeout,
            .resource_usage = event->resource_usage,
            .stdout_text = event->stdout_,
            .stderr_text = event->stderr_});
}

void ResultProcessor::on(const quipu::Event<ExecutionCancelled>& event, Stored& out,
                         quipu::Documents& documents) {
    finish(documents, out, event->execution_id, event.header,
           {.status = ExecutionStatus::cancelled, .cancelled_by = event->cancelled_by});
}

}  // namespace integr8s
