// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/execution_end.hpp"

namespace integr8s {

bool claim_end(quipu::Documents& documents, std::string_view execution_id, ExecutionStatus status) {
    if (has_ended(documents, execution_id)) return false;
    documents.put(execution_id, EndRow{.status = status, .at = documents.now()});
    return true;
}

bool has_ended(quipu::Documents& documents, std::string_view execution_id) {
    return documents.get<EndRow>(execution_id).has_value();
}

}  // namespace integr8s
