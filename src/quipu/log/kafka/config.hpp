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

/// What a client is for; decides which properties concern it.
enum class Role { producer, consumer, control };

/// Checked options, from which clients are made.
class Config {
  public:
    /// Errors: invalid.
    [[nodiscard]] static Result<Config> check(const KafkaOptions& options);

    /// A configuration for librdkafka: this library's settings for the role, then the user's.
    [[nodiscard]] Conf make(Role role) const;

    [[nodiscard]] const std::string& brokers() const noexcept { return brokers_; }
    [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }
    [[nodiscard]] const Secrets& secrets() const noexcept { return secrets_; }
    [[nodiscard]] std::string topic(std::string_view event_type) const;
    [[nodiscard]] std::string event_type(std::string_view topic) const;
    /// The group.id of a consumer group.
    [[nodiscard]] std::string group_id(std::string_view group) const;
    /// The group.id under which versions without group prefixes committed, where a group continues
    /// from it; none where that is the present one, or the user chose the prefix.
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
    std::optional<std::string> group_prefix_;  ///< none: prefix_
    std::string client_id_;
    std::vector<Property> properties_;
    std::string token_path_;  ///< empty: no file holds a token
    Secrets secrets_;
};

/// What a configuration says for a property that is a number.
[[nodiscard]] std::int64_t number_of(const rd_kafka_conf_t* conf, const char* property);

}  // namespace quipu::kafka
