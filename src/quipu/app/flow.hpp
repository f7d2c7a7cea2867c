// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/app/app.hpp"

namespace quipu {

/// Which event causes which, read off the handlers' signatures.
struct Flow {
    struct Event {
        std::string event_type;
        std::string category;
        bool terminal = false;
        bool external = false;
    };
    struct Step {
        std::string event_type;
        std::vector<std::string> publishes;
    };
    struct Group {
        std::string group;
        std::vector<Step> handles;
        std::vector<std::string> tick_publishes;  ///< by the clock alone
    };

    std::vector<Event> events;
    std::vector<Group> groups;
};

[[nodiscard]] Flow flow_of(const AppDefinition& definition);

/// As a Mermaid flowchart. Events are round, groups are boxes; an edge from an event to a group is
/// a handler, one from a group to an event says what its handlers may publish.
[[nodiscard]] std::string to_mermaid(const Flow& flow);

}  // namespace quipu
