// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/execution_rows.hpp"

#include <string>

#include "integr8s/domain/publishing.hpp"

namespace integr8s {

ExecutionRow new_row(const ExecutionRequested& request, std::string_view user_id, quipu::Time now) {
    return {.execution_id = request.execution_id,
            .user_id = std::string(user_id),
            .status = ExecutionStatus::queued,
            .language = request.language,
            .version = request.language_version,
            .priority = request.priority,
            .timeout_seconds = request.timeout_seconds,
            .script_bytes = static_cast<std::int64_t>(request.script.size()),
            .created_at = now,
            .updated_at = now};
}

void ensure_rows(quipu::Documents& documents, const quipu::Event<ExecutionRequested>& event) {
    const std::string& id = event->execution_id;
    const auto row = documents.get<ExecutionRow>(id);
    if (row && !row->language.empty()) return;
    ExecutionRow made = new_row(*event, user_of(event.header), documents.now());
    if (row) {  // the end of the execution was handled before its request
        made.status = row->status;
        made.ended_at = row->ended_at;
        made.exit_code = row->exit_code;
        made.error_type = row->error_type;
        made.cancelled_by = row->cancelled_by;
    }
    documents.put(id, made);
    documents.put(id, ScriptRow{.script = event->script});
}

void advance_row(quipu::Documents& documents, std::string_view execution_id,
                 ExecutionStatus status) {
    auto row = documents.get<ExecutionRow>(execution_id);
    if (!row || row->status >= status) return;
    row->status = status;
    row->updated_at = documents.now();
    if (status == ExecutionStatus::running) row->started_at = row->updated_at;
    documents.put(execution_id, *row);
}

}  // namespace integr8s
