// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/events/policies.hpp"
#include "integr8s/events/types.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// The outcome of storing an execution's result.

struct ResultStored {
    static constexpr std::string_view event_type = "result_stored";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::optional<StorageType> storage_type = {};
    quipu::Default<std::string> storage_path = {};
    quipu::Default<std::int64_t> size_bytes = 0;
};

struct ResultFailed {
    static constexpr std::string_view event_type = "result_failed";
    static constexpr auto indexed = quipu::fields("execution_id");
    std::string execution_id;
    std::optional<StorageType> storage_type = {};
};

using ResultEvents =
    quipu::Category<ResultPolicy, quipu::Terminal<ResultStored>, quipu::External<ResultFailed>>;

}  // namespace integr8s
