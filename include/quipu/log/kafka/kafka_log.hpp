// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/log/topic_log.hpp"

namespace quipu {

struct KafkaOptions {
    std::string brokers = {};  ///< "host:port,host:port"
    std::string prefix = {};   ///< of topic names: topic = prefix + event type
    std::string client_id = "quipu";
    /// librdkafka's properties by their own names, applied over the defaults of this library to
    /// producer, consumers and admin calls as far as they concern each. Those on which delivery
    /// depends (acks, idempotence, auto commit, …) are refused. Values of secrets never appear in
    /// messages or logs. One has a value that is this library's own, as in Kafka's Java clients
    /// (KIP-768): `sasl.oauthbearer.token.endpoint.url` may be file:///PATH, a file with a JSON Web
    /// Token that somebody keeps fresh.
    std::vector<std::pair<std::string, std::string>> properties = {};
    /// A line for the operator's log, once per change: "info", "warning" or "error" and the text;
    /// "debug" only with the property `debug`. From any thread, within calls of the log, too: it
    /// must be short and must not call the log.
    std::function<void(std::string_view level, std::string_view text)> notice = {};
};

/// Connects in the background: an unreachable broker is no error here but shows in health().
/// Errors: invalid (an unknown or refused property, named with the nearest right one; a malformed
/// broker list).
[[nodiscard]] Result<std::unique_ptr<TopicLog>> open_kafka_log(KafkaOptions options);

}  // namespace quipu
