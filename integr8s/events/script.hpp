// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "integr8s/events/policies.hpp"
#include "quipu/event/catalogue.hpp"

namespace integr8s {

// Saved scripts.

struct ScriptSaved {
    static constexpr std::string_view event_type = "script_saved";
    std::string script_id;
    std::string user_id;
    std::string title;
    std::string language;
};

struct ScriptDeleted {
    static constexpr std::string_view event_type = "script_deleted";
    std::string script_id;
    std::string user_id;
    std::optional<std::string> deleted_by = {};
};

struct ScriptShared {
    static constexpr std::string_view event_type = "script_shared";
    std::string script_id;
    std::string shared_by;
    quipu::Default<std::vector<std::string>> shared_with = {};
    std::string permissions;
};

using ScriptEvents = quipu::Category<ScriptPolicy, quipu::External<ScriptSaved>,
                                     quipu::External<ScriptDeleted>, quipu::External<ScriptShared>>;

}  // namespace integr8s
