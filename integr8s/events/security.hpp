// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/events/policies.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// Rejected and suspicious requests.

struct SecurityViolation {
    static constexpr std::string_view event_type = "security_violation";
    std::optional<std::string> user_id = {};
    std::string violation_type;
    std::string details;
    std::optional<std::string> ip_address = {};
};

struct RateLimitExceeded {
    static constexpr std::string_view event_type = "rate_limit_exceeded";
    std::optional<std::string> user_id = {};
    std::string endpoint;
    std::int64_t limit;
    std::int64_t window_seconds;
};

struct AuthFailed {
    static constexpr std::string_view event_type = "auth_failed";
    std::optional<std::string> username = {};
    std::string reason;
    std::optional<std::string> ip_address = {};
};

using SecurityEvents =
    quipu::Category<SecurityPolicy, quipu::External<SecurityViolation>,
                    quipu::External<RateLimitExceeded>, quipu::External<AuthFailed>>;

}  // namespace integr8s
