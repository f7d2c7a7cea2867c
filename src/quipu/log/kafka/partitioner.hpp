// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quipu::kafka {

/// How librdkafka chooses a record's partition from its key.
class Partitioner {
  public:
    using Choose = std::int32_t (*)(const rd_kafka_topic_t*, const void*, std::size_t, std::int32_t,
                                    void*, void*);

    constexpr Partitioner(std::string_view name, Choose any, Choose keyed)
        : name_(name), choose_(any), keyed_(keyed) {}

    /// The partitioner that the property "partitioner" selects. Never destroyed.
    [[nodiscard]] static const Partitioner& of(rd_kafka_conf_t* conf);

    /// Chooses as librdkafka would. For its callback only, which holds the topic's lock.
    [[nodiscard]] std::int32_t choose(const rd_kafka_topic_t* topic, const void* key,
                                      std::size_t size, std::int32_t partitions) const {
        return choose_(topic, key, size, partitions, nullptr, nullptr);
    }
    /// Whether the partition depends on the key alone.
    [[nodiscard]] bool by_key() const { return keyed_ != nullptr; }
    /// The partition of a key, if by_key().
    [[nodiscard]] std::int32_t expect(std::string_view key, std::int32_t partitions) const {
        return keyed_(nullptr, key.data(), key.size(), partitions, nullptr, nullptr);
    }

  private:
    std::string_view name_;
    Choose choose_;
    Choose keyed_;
};

}  // namespace quipu::kafka
