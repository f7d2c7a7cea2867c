// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/event/catalogue.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu {

/// The topics that a catalogue specifies.
[[nodiscard]] std::vector<TopicSpec> wanted_topics(const EventTypes& types,
                                                   std::int32_t replication);

/// The changes that turn the topics of `log` into those that the catalogue specifies.
[[nodiscard]] Result<std::vector<TopicChange>> topic_changes(TopicLog& log, const EventTypes& types,
                                                             std::int32_t replication);

/// The same, but asks again while topics are missing, for at most `within`: the broker that answers
/// may not know yet of a topic whose creation another one has just confirmed.
[[nodiscard]] Result<std::vector<TopicChange>> settled_topic_changes(
    TopicLog& log, const EventTypes& types, std::int32_t replication,
    std::chrono::milliseconds within);

/// The event types of the topics to be created, separated by commas; empty if there are none.
[[nodiscard]] std::string missing_topics(const std::vector<TopicChange>& changes);

/// "create with 3 partitions, 1 replica, kept 7 d", "add partitions: 1 -> 3", …
[[nodiscard]] std::string describe(const TopicChange& change);

/// "7 d", "36 h", "90 s"; "for ever" for a negative duration.
[[nodiscard]] std::string describe(std::chrono::milliseconds retention);

}  // namespace quipu
