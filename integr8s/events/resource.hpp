// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/events/policies.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// Limits and quotas that were hit.

struct ResourceLimitExceeded {
    static constexpr std::string_view event_type = "resource_limit_exceeded";
    std::string resource_type;
    std::int64_t limit;
    std::int64_t requested;
    std::optional<std::string> user_id = {};
};

struct QuotaExceeded {
    static constexpr std::string_view event_type = "quota_exceeded";
    std::string quota_type;
    std::int64_t limit;
    std::int64_t current_usage;
    std::string user_id;
};

using ResourceEvents = quipu::Category<ResourcePolicy, quipu::External<ResourceLimitExceeded>,
                                       quipu::External<QuotaExceeded>>;

}  // namespace integr8s
