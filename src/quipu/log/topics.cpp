// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/topics.hpp"

#include <algorithm>

namespace quipu {

const char* to_string(TopicChange::Kind kind) noexcept {
    switch (kind) {
        case TopicChange::Kind::create: return "create";
        case TopicChange::Kind::add_partitions: return "add_partitions";
        case TopicChange::Kind::set_retention: return "set_retention";
        case TopicChange::Kind::differs: return "differs";
    }
    return "unknown";
}

std::vector<TopicChange> plan_topics(const std::vector<TopicSpec>& wanted,
                                     const std::vector<TopicState>& existing) {
    using Kind = TopicChange::Kind;
    std::vector<TopicChange> changes;
    for (const TopicSpec& spec : wanted) {
        const auto state = std::ranges::find(existing, spec.event_type, &TopicState::event_type);
        if (state == existing.end()) {
            changes.push_back({Kind::create, spec, std::nullopt});
            continue;
        }
        if (spec.partitions > state->partitions) {
            changes.push_back({Kind::add_partitions, spec, *state});
        }
        if (state->retention != spec.retention) {
            changes.push_back({Kind::set_retention, spec, *state});
        }
        if (spec.partitions < state->partitions || spec.replication != state->replication) {
            changes.push_back({Kind::differs, spec, *state});
        }
    }
    return changes;
}

}  // namespace quipu
