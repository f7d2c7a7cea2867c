// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu {

/// A topic as the catalogue wants it.
struct TopicSpec {
    std::string event_type = {};
    std::int32_t partitions = 3;
    std::chrono::milliseconds retention{std::chrono::hours{24 * 7}};
    std::int32_t replication = 1;
};

/// A topic as it is.
struct TopicState {
    std::string event_type;
    std::int32_t partitions = 0;
    std::int32_t replication = 0;
    std::optional<std::chrono::milliseconds> retention;  ///< none: for ever, or not known
};

/// One step from what is to what is wanted.
struct TopicChange {
    enum class Kind {
        create,
        add_partitions,  ///< keys move to other partitions: their order starts anew
        set_retention,
        differs,  ///< cannot be changed here (fewer partitions, other replication); only reported
    } kind = Kind::create;
    TopicSpec spec;
    std::optional<TopicState> state;  ///< none: the topic does not exist
};

[[nodiscard]] const char* to_string(TopicChange::Kind kind) noexcept;

/// What became of one change.
struct TopicResult {
    TopicChange change;
    std::optional<Error> error;  ///< none: done
};

/// The steps that lead from `existing` to `wanted`, in the order of `wanted`. Topics that nobody
/// wants are left alone. Pure.
[[nodiscard]] std::vector<TopicChange> plan_topics(const std::vector<TopicSpec>& wanted,
                                                   const std::vector<TopicState>& existing);

}  // namespace quipu
