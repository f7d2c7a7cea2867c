// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "integr8s/events/policies.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// Dead letters and their fate.

struct DLQMessageReceived {
    static constexpr std::string_view event_type = "dlq_message_received";
    std::string dlq_event_id;
    std::string original_topic;
    quipu::EventTypeName original_event_type;
    std::string error;
    std::int64_t retry_count;
    std::string producer_id;
    quipu::Time failed_at;
};

struct DLQMessageRetried {
    static constexpr std::string_view event_type = "dlq_message_retried";
    std::string dlq_event_id;
    std::string original_topic;
    quipu::EventTypeName original_event_type;
    std::int64_t retry_count;
    std::string retry_topic;
};

struct DLQMessageDiscarded {
    static constexpr std::string_view event_type = "dlq_message_discarded";
    std::string dlq_event_id;
    std::string original_topic;
    quipu::EventTypeName original_event_type;
    std::string reason;
    std::int64_t retry_count;
};

using DeadLetterEvents =
    quipu::Category<DeadLetterPolicy, quipu::External<DLQMessageReceived>,
                    quipu::External<DLQMessageRetried>, quipu::External<DLQMessageDiscarded>>;

}  // namespace integr8s
