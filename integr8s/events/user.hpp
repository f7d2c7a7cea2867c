// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/policies.hpp"
#include "integr8s/events/types.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// Accounts, log-ins and settings.

struct UserRegistered {
    static constexpr std::string_view event_type = "user_registered";
    std::string user_id;
    std::string username;
    std::string email;
};

struct UserLogin {
    static constexpr std::string_view event_type = "user_login";
    std::string user_id;
    LoginMethod login_method;
    std::optional<std::string> ip_address = {};
    std::optional<std::string> user_agent = {};
};

struct UserLoggedIn {
    static constexpr std::string_view event_type = "user_logged_in";
    std::string user_id;
    LoginMethod login_method;
    std::optional<std::string> ip_address = {};
    std::optional<std::string> user_agent = {};
};

struct UserLoggedOut {
    static constexpr std::string_view event_type = "user_logged_out";
    std::string user_id;
    std::optional<std::string> logout_reason = {};
};

struct UserUpdated {
    static constexpr std::string_view event_type = "user_updated";
    std::string user_id;
    quipu::Default<std::vector<std::string>> updated_fields = {};
    std::optional<std::string> updated_by = {};
};

struct UserDeleted {
    static constexpr std::string_view event_type = "user_deleted";
    std::string user_id;
    std::optional<std::string> deleted_by = {};
    std::optional<std::string> reason = {};
};

struct UserSettingsUpdated {
    static constexpr std::string_view event_type = "user_settings_updated";
    std::string user_id;
    quipu::Default<std::vector<std::string>> changed_fields = {};
    std::optional<std::string> reason = {};
    quipu::Extra settings = {};  ///< the changed values, by name
};

using UserEvents =
    quipu::Category<UserPolicy, quipu::External<UserRegistered>, quipu::External<UserLogin>,
                    quipu::External<UserLoggedIn>, quipu::External<UserLoggedOut>,
                    quipu::External<UserUpdated>, quipu::External<UserDeleted>,
                    quipu::External<UserSettingsUpdated>>;

}  // namespace integr8s
