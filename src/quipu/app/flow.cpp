// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/flow.hpp"

#include <map>
#include <set>

namespace quipu {

namespace {

std::vector<std::string> copies(const std::vector<std::string_view>& names) {
    return {names.begin(), names.end()};
}

}  // namespace

Flow flow_of(const AppDefinition& definition) {
    Flow flow;
    for (const EventInfo& info : definition.types->all()) {
        flow.events.push_back({std::string(info.event_type), std::string(info.category),
                               info.terminal, info.external});
    }
    for (const GroupBinding& binding : definition.groups) {
        Flow::Group group{std::string(binding.group), {}, copies(binding.tick_publishes)};
        for (const Subscription& subscription : binding.subscriptions) {
            group.handles.push_back(
                {std::string(subscription.event_type), copies(subscription.publishes)});
        }
        flow.groups.push_back(std::move(group));
    }
    return flow;
}

std::string to_mermaid(const Flow& flow) {
    // Names consist of letters, digits and "._-" (is_topic_name), so quoted names need no escapes.
    // Node ids are numbers, because words such as "end" are keywords of Mermaid.
    std::map<std::string, std::string> ids;
    std::string out = "flowchart LR\n";
    for (const Flow::Event& event : flow.events) {
        const std::string id = "e" + std::to_string(ids.size());
        ids[event.event_type] = id;
        out += "    " + id + "([\"" + event.event_type + "\"])";
        if (event.terminal) {
            out += ":::terminal";
        } else if (event.external) {
            out += ":::external";
        }
        out += '\n';
    }
    std::size_t number = 0;
    for (const Flow::Group& group : flow.groups) {
        const std::string id = "g" + std::to_string(number++);
        out += "    " + id + "[\"" + group.group + "\"]\n";
        std::set<std::string> published(group.tick_publishes.begin(), group.tick_publishes.end());
        for (const Flow::Step& step : group.handles) {
            out += "    " + ids[step.event_type] + " --> " + id + "\n";
            published.insert(step.publishes.begin(), step.publishes.end());
        }
        for (const std::string& type : published) out += "    " + id + " --> " + ids[type] + "\n";
    }
    out += "    classDef terminal stroke-width:3px\n";
    out += "    classDef external stroke-dasharray:4 4\n";
    return out;
}

}  // namespace quipu
