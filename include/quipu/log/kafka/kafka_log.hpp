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
    /// Prefix of consumer groups in Kafka: group.id = group prefix + the group's name. Unset means
    /// `prefix`, so that environments with separate topics also have separate groups; a group
    /// without offsets then starts from those committed under its bare name, which older versions
    /// used. A prefix that is set, even to "", is used as it is.
    std::optional<std::string> group_prefix = {};
    std::string client_id = "quipu";
    /// librdkafka properties by their own names. They override the defaults of this library and
    /// apply to the producer, the consumers and admin calls, wherever each is meaningful.
    /// Properties that delivery depends on (acks, idempotence, auto commit, …) are rejected. Values
    /// of secrets never appear in messages or logs. As in Kafka's Java clients (KIP-768),
    /// `sasl.oauthbearer.token.endpoint.url` may also be file:///PATH, a file with a JSON Web Token
    /// that another program keeps up to date.
    std::vector<std::pair<std::string, std::string>> properties = {};
    /// Receives lines for the operator's log, one for each change of state: a level ("info",
    /// "warning", "error"; "debug" with the property `debug`) and a text. Called on any thread,
    /// also from within calls of the log, so it must be short and must not call the log. May be
    /// empty.
    std::function<void(std::string_view level, std::string_view text)> notice = {};
};

/// Opens the log and connects in the background: an unreachable broker is not an error here but
/// appears in health(). Errors: invalid (a malformed broker list; an unknown or rejected property,
/// with the most similar valid name).
[[nodiscard]] Result<std::unique_ptr<TopicLog>> open_kafka_log(KafkaOptions options);

}  // namespace quipu
