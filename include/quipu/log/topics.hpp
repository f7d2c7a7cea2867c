// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu {

/// The topic that the catalogue asks for.
struct TopicSpec {
    std::string event_type = {};  ///< the topic's name without the log's prefix
    std::int32_t partitions = 3;
    std::chrono::milliseconds retention{std::chrono::hours{24 * 7}};
    std::int32_t replication = 1;  ///< replicas of each partition, the leader included
};

/// A topic as it exists in the log.
struct TopicState {
    std::string event_type;  ///< the topic's name without the log's prefix
    std::int32_t partitions = 0;
    std::int32_t replication = 0;  ///< replicas of each partition, the leader included
    std::optional<std::chrono::milliseconds> retention;  ///< empty: unlimited, or unknown
};

/// One change that brings an existing topic closer to its specification.
struct TopicChange {
    enum class Kind {
        create,
        add_partitions,  ///< moves keys to other partitions: order across the change is lost
        set_retention,
        differs,  ///< reported only: partitions cannot be removed, nor replication changed
    } kind = Kind::create;
    TopicSpec spec;
    std::optional<TopicState> state;  ///< empty: the topic does not exist
};

/// The name of the kind for machines, such as "add_partitions".
[[nodiscard]] const char* to_string(TopicChange::Kind kind) noexcept;

/// The outcome of one change.
struct TopicResult {
    TopicChange change;
    std::optional<Error> error;  ///< empty: the change was made
};

/// The changes that turn `existing` into `wanted`, in the order of `wanted`. Topics that are not in
/// `wanted` are left alone. A pure function.
[[nodiscard]] std::vector<TopicChange> plan_topics(const std::vector<TopicSpec>& wanted,
                                                   const std::vector<TopicState>& existing);

}  // namespace quipu
