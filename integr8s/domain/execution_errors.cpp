// SPDX-License-Identifier: Apache-2.0
#include "integr8s/domain/execution_errors.hpp"

#include <string>

#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s {

quipu::Error not_there(std::string_view execution_id) {
    return {quipu::ErrorCode::not_found,
            "there is no execution " + quipu::to_valid_utf8(execution_id.substr(0, longest_id))};
}

}  // namespace integr8s
