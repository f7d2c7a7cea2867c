// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/kafka_log.hpp"
#include "quipu/log/kafka/secrets.hpp"

namespace quipu::kafka {

/// The purpose of a client. Determines which properties it gets.
enum class Role { producer, consumer, control };

/// Validated options, from which clients are configured. Immutable, so any thread may use it.
class Config {
  public:
    /// Errors: invalid.
    [[nodiscard]] static Result<Config> check(const KafkaOptions& options);

    /// A configuration for librdkafka: this library's settings for the role, overridden by the
    /// user's.
    [[nodiscard]] Conf make(Role role) const;

    [[nodiscard]] const std::string& brokers() const noexcept { return brokers_; }
    [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }
    [[nodiscard]] const Secrets& secrets() const noexcept { return secrets_; }
    [[nodiscard]] std::string topic(std::string_view event_type) const;
    [[nodiscard]] std::string event_type(std::string_view topic) const;
    /// The group.id of a consumer group.
    [[nodiscard]] std::string group_id(std::string_view group) const;
    /// The group.id without a prefix, whose committed offsets a group takes over. Empty if that is
    /// the current group.id, or if the user has chosen the group prefix.
    [[nodiscard]] std::optional<std::string> former_group_id(std::string_view group) const;

  private:
    struct Property {
        std::string name;
        std::string value;
        bool producer;
        bool consumer;
    };
    std::string brokers_;
    std::string prefix_;
    std::optional<std::string> group_prefix_;  ///< unset: prefix_
    std::string client_id_;
    std::vector<Property> properties_;
    std::string token_path_;  ///< the file with a token; empty if there is none
    Secrets secrets_;
};

/// The value of a numeric property.
[[nodiscard]] std::int64_t number_of(const rd_kafka_conf_t* conf, const char* property);

}  // namespace quipu::kafka
