// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/log/topic_log.hpp"

namespace quipu {

struct KafkaOptions {
    std::string brokers = {};  ///< "host:port,host:port"
    std::string prefix = {};   ///< of topic names: topic = prefix + event type
    /// Of the names of consumer groups in Kafka: group.id = group prefix + the group's name. When
    /// unset, it is `prefix`, so that environments with topics of their own have groups of their
    /// own. A group then continues where versions without group prefixes, which committed under the
    /// bare name, had got to. A prefix that is set, also to "", is taken as it is.
    std::optional<std::string> group_prefix = {};
    std::string client_id = "quipu";
    /// librdkafka's properties by their own names, applied over the defaults of this library to
    /// producer, consumers and admin calls as far as they concern each. Those on which delivery
    /// depends (acks, idempotence, auto commit, …) are refused. Values of secrets never appear in
    /// messages or logs. One has a value that is this library's own, as in Kafka's Java clients
    /// (KIP-768): `sasl.oauthbearer.token.endpoint.url` may be file:///PATH, a file with a JSON Web
    /// Token that something else keeps fresh.
    std::vector<std::pair<std::string, std::string>> properties = {};
    /// Receives a line for the operator's log, once per change: "info", "warning" or "error" and
    /// the text; "debug" only with the property `debug`. Called on any thread, also within calls of
    /// the log: it must be short and must not call the log. May be empty.
    std::function<void(std::string_view level, std::string_view text)> notice = {};
};

/// Connects in the background: an unreachable broker is not an error here but shows in health().
/// Errors: invalid (an unknown or refused property, named with the nearest right one; a malformed
/// broker list).
[[nodiscard]] Result<std::unique_ptr<TopicLog>> open_kafka_log(KafkaOptions options);

}  // namespace quipu
