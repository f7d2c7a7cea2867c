// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/app/app.hpp"

namespace quipu {

/// The graph of which event causes which, derived from the handlers' signatures.
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
        std::vector<std::string> tick_publishes;  ///< published by `tick`, without an event
    };

    std::vector<Event> events;
    std::vector<Group> groups;
};

[[nodiscard]] Flow flow_of(const AppDefinition& definition);

/// The graph as a Mermaid flowchart. Events are round, groups are boxes. An edge from an event to a
/// group is a handler; an edge from a group to an event means that its handlers may publish it.
[[nodiscard]] std::string to_mermaid(const Flow& flow);

}  // namespace quipu
