// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/partitioner.hpp"

#include <algorithm>
#include <array>

namespace quipu::kafka {

const Partitioner& Partitioner::of(rd_kafka_conf_t* conf) {
    static constexpr std::array known{
        Partitioner("murmur2_random", rd_kafka_msg_partitioner_murmur2_random,
                    rd_kafka_msg_partitioner_murmur2),
        Partitioner("murmur2", rd_kafka_msg_partitioner_murmur2, rd_kafka_msg_partitioner_murmur2),
        Partitioner("consistent", rd_kafka_msg_partitioner_consistent,
                    rd_kafka_msg_partitioner_consistent),
        Partitioner("consistent_random", rd_kafka_msg_partitioner_consistent_random,
                    rd_kafka_msg_partitioner_consistent),
        Partitioner("fnv1a", rd_kafka_msg_partitioner_fnv1a, rd_kafka_msg_partitioner_fnv1a),
        Partitioner("fnv1a_random", rd_kafka_msg_partitioner_fnv1a_random,
                    rd_kafka_msg_partitioner_fnv1a),
        Partitioner("random", rd_kafka_msg_partitioner_random, nullptr),
    };
    std::array<char, 64> name{};
    std::size_t size = name.size();
    rd_kafka_conf_get(conf, "partitioner", name.data(), &size);
    const auto* const found =
        std::ranges::find(known, std::string_view(name.data()), &Partitioner::name_);
    return found == known.end() ? known.front() : *found;
}

}  // namespace quipu::kafka
