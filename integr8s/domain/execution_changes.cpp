// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <optional>
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

namespace {

/// Changes a row in the transaction. An error means that nothing must be changed.
using Change = std::function<std::optional<Error>(Unit&, ExecutionRow&)>;

quipu::Result<ExecutionRow> change_row(quipu::Publisher<Events>& publisher,
                                       std::string_view execution_id, const Change& change) {
    std::optional<Error> refused;
    ExecutionRow answer{};
    const auto work = [&](Unit& unit) {
        auto row = unit.documents.get<ExecutionRow>(execution_id);
        refused = row ? change(unit, *row) : not_there(execution_id);
        if (refused) return;
        row->updated_at = unit.documents.now();
        unit.documents.put(execution_id, *row);
        answer = std::move(*row);
    };
    if (auto done = publisher.transact(work); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (refused) return std::unexpected(std::move(*refused));
    return answer;
}

}  // namespace

quipu::Result<ExecutionRow> ExecutionService::cancel(std::string_view execution_id,
                                                     std::string_view cancelled_by) {
    return change_row(publisher_, execution_id, [&](Unit& unit, ExecutionRow& row) {
        std::optional<Error> refused;
        const bool ended = is_end(row.status);
        if (ended || !claim_end(unit.documents, execution_id, ExecutionStatus::cancelled)) {
            refused = {ErrorCode::conflict,
                       "the execution has already ended" +
                           (ended ? ": " + std::string(to_string(row.status)) : "")};
            return refused;
        }
        const bool was_running = row.status == ExecutionStatus::running;
        row.status = ExecutionStatus::cancelled;
        row.cancelled_by = std::string(cancelled_by);
        row.ended_at = unit.documents.now();
        unit.publish(ExecutionCancelled{.execution_id = row.execution_id,
                                        .cancelled_by = std::string(cancelled_by),
                                        .force_terminated = was_running},
                     about(execution_id, row.user_id));
        return refused;
    });
}

quipu::Result<ExecutionRow> ExecutionService::set_priority(std::string_view execution_id,
                                                           QueuePriority priority) {
    return change_row(publisher_, execution_id, [&](Unit& unit, ExecutionRow& row) {
        std::optional<Error> refused;
        auto admission = unit.documents.get<AdmissionRow>(execution_id);
        if (!admission || admission->state != AdmissionState::waiting) {
            refused = {ErrorCode::conflict, "the execution is not waiting in the queue"};
            return refused;
        }
        admission->priority = priority;
        admission->queue_key = ExecutionQueue(unit.documents).move(admission->queue_key, priority);
        unit.documents.put(execution_id, *admission);
        row.priority = priority;
        return refused;
    });
}

}  // namespace integr8s
