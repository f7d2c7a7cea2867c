// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/policies.hpp"
#include "integr8s/events/types.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// Messages to users.

struct NotificationCreated {
    static constexpr std::string_view event_type = "notification_created";
    std::string notification_id;
    std::string user_id;
    std::string subject;
    std::string body;
    NotificationSeverity severity;
    quipu::Default<std::vector<std::string>> tags = {};
    quipu::Default<std::vector<NotificationChannel>> channels = {};
};

struct NotificationSent {
    static constexpr std::string_view event_type = "notification_sent";
    std::string notification_id;
    std::string user_id;
    NotificationChannel channel;
    quipu::Time sent_at;
};

struct NotificationDelivered {
    static constexpr std::string_view event_type = "notification_delivered";
    std::string notification_id;
    std::string user_id;
    NotificationChannel channel;
    quipu::Time delivered_at;
};

struct NotificationFailed {
    static constexpr std::string_view event_type = "notification_failed";
    std::string notification_id;
    std::string user_id;
    NotificationChannel channel;
    std::string error;
    quipu::Default<std::int64_t> retry_count = 0;
};

struct NotificationRead {
    static constexpr std::string_view event_type = "notification_read";
    std::string notification_id;
    std::string user_id;
    quipu::Time read_at;
};

struct NotificationAllRead {
    static constexpr std::string_view event_type = "notification_all_read";
    std::string user_id;
    std::int64_t count;
    quipu::Time read_at;
};

struct NotificationClicked {
    static constexpr std::string_view event_type = "notification_clicked";
    std::string notification_id;
    std::string user_id;
    quipu::Time clicked_at;
    std::optional<std::string> action = {};
};

struct NotificationPreferencesUpdated {
    static constexpr std::string_view event_type = "notification_preferences_updated";
    std::string user_id;
    quipu::Default<std::vector<std::string>> changed_fields = {};
};

using NotificationEvents =
    quipu::Category<NotificationPolicy, quipu::External<NotificationCreated>,
                    quipu::External<NotificationSent>, quipu::External<NotificationDelivered>,
                    quipu::External<NotificationFailed>, quipu::External<NotificationRead>,
                    quipu::External<NotificationAllRead>, quipu::External<NotificationClicked>,
                    quipu::External<NotificationPreferencesUpdated>>;

}  // namespace integr8s
