// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "integr8s/events/policies.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// The health of the services.

struct SystemError {
    static constexpr std::string_view event_type = "system_error";
    std::string error_type;
    std::string message;
    std::string service_name;
    std::optional<std::string> stack_trace = {};
};

struct ServiceUnhealthy {
    static constexpr std::string_view event_type = "service_unhealthy";
    std::string service_name;
    std::string health_check;
    std::string reason;
};

struct ServiceRecovered {
    static constexpr std::string_view event_type = "service_recovered";
    std::string service_name;
    std::string health_check;
    std::int64_t downtime_seconds;
};

using SystemEvents =
    quipu::Category<SystemPolicy, quipu::External<SystemError>, quipu::External<ServiceUnhealthy>,
                    quipu::External<ServiceRecovered>>;

}  // namespace integr8s
