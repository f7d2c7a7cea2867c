// SPDX-License-Identifier: Apache-2.0
#include "integr8s/saga/saga_row.hpp"

#include <algorithm>

#include "integr8s/domain/pod_documents.hpp"
#include "integr8s/domain/publishing.hpp"

namespace integr8s {

bool has_done(const SagaRow& saga, std::string_view step) {
    return std::ranges::find(saga.completed_steps, step) != saga.completed_steps.end();
}

SagaRow new_saga(const quipu::Documents& documents, std::string_view execution_id,
                 const quipu::EventHeader& header) {
    SagaRow saga;
    saga.saga_id = saga_id_of(execution_id);
    saga.execution_id = execution_id;
    saga.user_id = user_of(header);
    saga.created_at = documents.now();
    return saga;
}

void save(quipu::Documents& documents, SagaRow& saga) {
    saga.updated_at = documents.now();
    documents.put(saga.execution_id, saga);
}

void end_silently(quipu::Documents& documents, SagaRow& saga, SagaState state) {
    saga.state = state;
    saga.completed_at = documents.now();
    documents.erase<SagaPlan>(saga.execution_id);
    save(documents, saga);
}

bool pod_may_live(quipu::Documents& documents, const SagaRow& saga) {
    if (!has_done(saga, step_create_pod)) return false;
    // A pod without a row is one whose command the worker has not handled yet.
    const auto pod = documents.get<PodRow>(pod_name_of(saga.execution_id));
    return !pod || !is_gone(pod->state);
}

}  // namespace integr8s
