// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/pod_documents.hpp"

namespace integr8s {

std::string pod_name_of(std::string_view execution_id) {
    return "executor-" + std::string(execution_id);
}

}  // namespace integr8s
