// SPDX-License-Identifier: Apache-2.0
#include "integr8s/saga/documents.hpp"

namespace integr8s {

std::string allocation_prefix(std::string_view language) {
    return std::string(language) + "/";
}

std::string allocation_key(std::string_view language, std::string_view execution_id) {
    return allocation_prefix(language) + std::string(execution_id);
}

std::string saga_id_of(std::string_view execution_id) {
    return "saga-" + std::string(execution_id);
}

}  // namespace integr8s
