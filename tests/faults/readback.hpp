// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"

namespace quipu::faults {

/// A record as it stands in Kafka.
struct Stands {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::string key;
    std::string value;
};

/// What a topic holds and how far a group has committed, by a consumer without a group that shares
/// nothing with the code under test but librdkafka.
struct Topic {
    std::vector<Stands> records;                ///< by partition and offset
    std::map<std::int32_t, std::int64_t> ends;  ///< offset after the last record
    std::map<std::string, std::map<std::int32_t, std::int64_t>> committed;  ///< by group; -1: none
};

[[nodiscard]] Result<Topic> read_topic(const std::string& brokers, const std::string& topic,
                                       const std::vector<std::string>& groups);

}  // namespace quipu::faults
