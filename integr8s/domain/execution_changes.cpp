#include <utility>

#include "integr8s/coordinator/queue.hpp"
#include "integr8s/domain/execution_end.hpp"
#include "integr8s/domain/execution_errors.hpp"
#include "integr8s/domain/execution_rows.hpp"
#include "integr8s/domain/execution_service.hpp"
#include "integr8s/domain/publishing.hpp"

namespace integr8s {

using quipu::Error;
using quipu::ErrorCode;
using Unit = quipu::UnitOfWork<Events>;

quipu::Result<ExecutionRow> ExecutionService::cancel(std::string_view execution_id,
                                                     std::string_view cancelled_by) {
    std::optional<Error> refused;
    ExecutionRow answer{};
    const auto work = [&](Unit& unit) {
        quipu::Documents& documents = unit.documents;
        refused.reset();
        auto row = documents.get<ExecutionRow>(execution_id);
        if (!row) {
            refused = not_there(execution_id);
            return;
        }
        if (is_end(row->status) ||
            !claim_end(documents, execution_id, ExecutionStatus::cancelled)) {
            const bool stored = is_end(row->status);
            refused = Error{ErrorCode::conflict,
                            "the execution has ended already" +
                                (stored ? ": " + std::string(to_string(row->status)) : "")};
            return;
        }
        const bool was_running = row->status == ExecutionStatus::running;
        row->status = ExecutionStatus::cancelled;
        row->cancelled_by = std::string(cancelled_by);
        row->updated_at = documents.now();
        row->ended_at = row->updated_at;
        documents.put(execution_id, *row);
        unit.publish(ExecutionCancelled{.execution_id = row->execution_id,
                                        .cancelled_by = std::string(cancelled_by),
                                        .force_terminated = was_running},
                     about(execution_id, row->user_id));
        answer = std::move(*row);
    };
    if (auto done = publisher_.transact(work); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (refused) return std::unexpected(std::move(*refused));
    return answer;
}

quipu::Result<ExecutionRow> ExecutionService::set_priority(std::string_view execution_id,
                                                           QueuePriority priority) {
    std::optional<Error> refused;
    ExecutionRow answer{};
    const auto work = [&](Unit& unit) {
        quipu::Documents& documents = unit.documents;
        refused.reset();
        auto row = documents.get<ExecutionRow>(execution_id);
        auto admission = documents.get<AdmissionRow>(execution_id);
        if (!row) {
            refused = not_there(execution_id);
            return;
        }
        if (!admission || admission->state != AdmissionState::waiting) {
            refused = Error{ErrorCode::conflict, "the execution does not wait in the queue"};
            return;
        }
        admission->priority = priority;
        admission->queue_key = ExecutionQueue(documents).move(admission->queue_key, priority);
        documents.put(execution_id, *admission);
        row->priority = priority;
        row->updated_at = documents.now();
        documents.put(execution_id, *row);
        answer = std::move(*row);
    };
    if (auto done = publisher_.transact(work); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (refused) return std::unexpected(std::move(*refused));
    return answer;
}

}  // namespace integr8s
