// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "quipu/event/catalogue.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu {

/// The topics that a catalogue wants.
[[nodiscard]] std::vector<TopicSpec> wanted_topics(const EventTypes& types,
                                                   std::int32_t replication);

/// The steps from the topics that `log` has to those that the catalogue wants.
[[nodiscard]] Result<std::vector<TopicChange>> topic_changes(TopicLog& log, const EventTypes& types,
                                                             std::int32_t replication);

/// The same, but looks again while topics are missing, until `within` is over: of several brokers
/// the one that is asked may not know yet what another has just confirmed.
[[nodiscard]] Result<std::vector<TopicChange>> settled_topic_changes(
    TopicLog& log, const EventTypes& types, std::int32_t replication,
    std::chrono::milliseconds within);

/// The event types of those topics that are to be created, with commas between; empty for none.
[[nodiscard]] std::string missing_topics(const std::vector<TopicChange>& changes);

/// "create with 3 partitions, 1 replica, kept 7 d", "add partitions: 1 -> 3", …
[[nodiscard]] std::string describe(const TopicChange& change);

/// "7 d", "36 h", "90 s"; "for ever" for less than nothing.
[[nodiscard]] std::string describe(std::chrono::milliseconds retention);

}  // namespace quipu
