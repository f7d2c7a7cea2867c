// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/topic_plan.hpp"

#include <fmt/core.h>

#include <thread>
#include <utility>

namespace quipu {

namespace {

std::string retention_of(const TopicState& state) {
    return state.retention ? describe(*state.retention) : "for ever";
}

/// The differences from the specification that cannot be changed here.
std::string differences(const TopicSpec& spec, const TopicState& state) {
    std::string text;
    if (spec.partitions < state.partitions) {
        text = fmt::format("has {} partitions instead of {}; partitions cannot be removed",
                           state.partitions, spec.partitions);
    }
    if (spec.replication != state.replication) {
        text += fmt::format(
            "{}has {} replicas instead of {}; reassign its partitions with Kafka's "
            "own tools",
            text.empty() ? "" : "; ", state.replication, spec.replication);
    }
    return text;
}

}  // namespace

std::vector<TopicSpec> wanted_topics(const EventTypes& types, std::int32_t replication) {
    std::vector<TopicSpec> wanted;
    for (const EventInfo& info : types.all()) {
        wanted.push_back({.event_type = std::string(info.event_type),
                          .partitions = info.topic.partitions,
                          .retention = info.topic.retention,
                          .replication = replication});
    }
    return wanted;
}

Result<std::vector<TopicChange>> topic_changes(TopicLog& log, const EventTypes& types,
                                               std::int32_t replication) {
    const std::vector<TopicSpec> wanted = wanted_topics(types, replication);
    std::vector<std::string> names;
    names.reserve(wanted.size());
    for (const TopicSpec& spec : wanted) names.push_back(spec.event_type);
    const auto existing = log.topics(names);
    if (!existing) return std::unexpected(existing.error());
    return plan_topics(wanted, *existing);
}

Result<std::vector<TopicChange>> settled_topic_changes(TopicLog& log, const EventTypes& types,
                                                       std::int32_t replication,
                                                       std::chrono::milliseconds within) {
    constexpr std::chrono::milliseconds pause{250};
    const auto end = std::chrono::steady_clock::now() + within;
    auto changes = topic_changes(log, types, replication);
    while (changes && !missing_topics(*changes).empty() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(pause);
        changes = topic_changes(log, types, replication);
    }
    return changes;
}

std::string missing_topics(const std::vector<TopicChange>& changes) {
    std::string names;
    for (const TopicChange& change : changes) {
        if (change.kind != TopicChange::Kind::create) continue;
        names += (names.empty() ? "" : ", ") + change.spec.event_type;
    }
    return names;
}

std::string describe(std::chrono::milliseconds retention) {
    using namespace std::chrono;
    if (retention < milliseconds{0}) return "for ever";
    if (retention % days{1} == milliseconds{0}) return fmt::format("{} d", retention / days{1});
    if (retention % hours{1} == milliseconds{0}) return fmt::format("{} h", retention / hours{1});
    if (retention % seconds{1} == milliseconds{0}) {
        return fmt::format("{} s", retention / seconds{1});
    }
    return fmt::format("{} ms", retention.count());
}

std::string describe(const TopicChange& change) {
    const TopicSpec& spec = change.spec;
    const TopicState state = change.state.value_or(TopicState{});
    switch (change.kind) {
        case TopicChange::Kind::create:
            return fmt::format("create with {} partition{}, {} replica{}, kept {}", spec.partitions,
                               spec.partitions == 1 ? "" : "s", spec.replication,
                               spec.replication == 1 ? "" : "s", describe(spec.retention));
        case TopicChange::Kind::add_partitions:
            return fmt::format("add partitions: {} -> {}; keys move and lose their order",
                               state.partitions, spec.partitions);
        case TopicChange::Kind::set_retention:
            return fmt::format("set retention: {} -> {}", retention_of(state),
                               describe(spec.retention));
        case TopicChange::Kind::differs: return differences(spec, state);
    }
    return {};
}

}  // namespace quipu
