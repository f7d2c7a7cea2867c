// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

class ProducerTopic;

/// A record between produce() and its `done`.
struct PendingRecord {
    ProducerTopic* topic = nullptr;
    std::string value;
    TopicLog::Done done;
    std::optional<std::string> key;
    Headers headers;
    Time timestamp;
    std::size_t cost = 0;     ///< its approximate memory, in bytes
    std::int64_t since = 0;   ///< the result of StallDetector::enter()
    std::size_t gate = 0;     ///< used by ProducerTopic
    bool opens_gate = false;  ///< records behind it wait until it is acknowledged
    bool null_value = false;
};

[[nodiscard]] std::unique_ptr<PendingRecord> make_pending(LogRecord record, TopicLog::Done done);

/// Passes a record to librdkafka without copying its bytes. On success librdkafka owns it until the
/// delivery report, whose opaque it is; otherwise the caller keeps it.
[[nodiscard]] rd_kafka_resp_err_t enqueue(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                          std::unique_ptr<PendingRecord>& pending);

}  // namespace quipu::kafka
