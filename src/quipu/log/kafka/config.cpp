// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/config.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "quipu/log/kafka/answers.hpp"
#include "quipu/log/kafka/properties.hpp"
#include "quipu/log/kafka/token.hpp"
#include "quipu/log/secret_names.hpp"

namespace quipu::kafka {
namespace {

constexpr std::int64_t max_poll_interval_ms = 60'000;
constexpr std::string_view token_url = "sasl.oauthbearer.token.endpoint.url";
constexpr std::string_view own_tokens = "sasl.oauthbearer.config";

std::optional<Error> check_address(std::string_view address) {
    const auto wrong = [&](std::string_view why) {
        return Error{ErrorCode::invalid, fmt::format("list of brokers: {}", why)};
    };
    if (address.contains('@')) {
        // The text before it may be a password, so nothing of it is shown.
        return wrong("must not contain logins; use the properties sasl.username, sasl.password");
    }
    if (address.contains("://")) {
        return wrong(
            fmt::format("'{}': write host:port; TLS and logins are chosen by the property "
                        "security.protocol",
                        address));
    }
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return wrong(fmt::format("'{}' is not host:port, e.g. localhost:9092", address));
    }
    const std::string_view text = address.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (fault != std::errc() || end != text.data() + text.size() || port == 0) {
        return wrong(fmt::format("'{}': '{}' is not a port", address, text));
    }
    const std::string_view host = address.substr(0, colon);
    if (host.find_first_of(" \t/") != std::string_view::npos ||
        (host.contains(':') && !(host.starts_with('[') && host.ends_with(']')))) {
        return wrong(fmt::format("'{}' is not a host", host));
    }
    return std::nullopt;
}

std::optional<Error> check_brokers(std::string_view list) {
    while (true) {
        const auto comma = list.find(',');
        if (auto error = check_address(list.substr(0, comma))) {
            return error;
        }
        if (comma == std::string_view::npos) {
            return std::nullopt;
        }
        list.remove_prefix(comma + 1);
    }
}

/// Validates a value by setting it in a temporary configuration.
std::optional<Error> try_property(const std::string& name, const std::string& value) {
    const Conf scratch(rd_kafka_conf_new());
    std::array<char, 512> text{};
    const auto result =
        rd_kafka_conf_set(scratch.get(), name.c_str(), value.c_str(), text.data(), text.size());
    if (result == RD_KAFKA_CONF_OK) {
        return std::nullopt;
    }
    return Error{ErrorCode::invalid, fmt::format("Kafka property {}: {}", name, text.data())};
}

std::optional<Error> check_property(const std::string& name, const std::string& value) {
    if (const auto why = refusal(name); !why.empty()) {
        return Error{ErrorCode::invalid,
                     fmt::format("Kafka property {} cannot be set: {}", name, why)};
    }
    if (property_sides(name)) {
        return try_property(name, value);
    }
    // librdkafka knows some names of the Java client and says what to use instead.
    auto error = try_property(name, value);
    if (error && !error->message.contains("No such configuration property")) {
        return error;
    }
    const std::string nearest = nearest_property(name);
    return Error{ErrorCode::invalid,
                 nearest.empty() ? fmt::format("there is no Kafka property {}", name)
                                 : fmt::format("there is no Kafka property {}; did you mean {}?",
                                               name, nearest)};
}

void set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
    // Only validated names and values get here.
    rd_kafka_conf_set(conf, name, value.c_str(), nullptr, 0);
}

}  // namespace

Result<Config> Config::check(const KafkaOptions& options) {
    Config config;
    if (auto error = check_brokers(options.brokers)) {
        return std::unexpected(std::move(*error));
    }
    config.brokers_ = options.brokers;
    config.prefix_ = options.prefix;
    config.group_prefix_ = options.group_prefix;
    config.client_id_ = options.client_id;
    for (const auto& [name, value] : options.properties) {
        if (is_secret_name(name)) {
            config.secrets_.add(value);
        }
    }
    for (const auto& [name, value] : options.properties) {
        if (name == token_url) {
            auto path = token_path(value);
            if (!path) {
                return fail(ErrorCode::invalid,
                            fmt::format("Kafka property {}: {}", name, path.error().message));
            }
            if (*path) {
                config.token_path_ = std::move(**path);
                continue;
            }
        }
        if (auto error = check_property(name, value)) {
            error->message = config.secrets_.mask(error->message);
            return std::unexpected(std::move(*error));
        }
        const auto sides = property_sides(name).value_or(PropertySides{true, true});
        config.properties_.push_back({name, value, sides.producer, sides.consumer});
    }
    if (!config.token_path_.empty() &&
        std::ranges::find(config.properties_, own_tokens, &Property::name) !=
            config.properties_.end()) {
        return fail(ErrorCode::invalid,
                    fmt::format("Kafka property {}: describes tokens that the client makes itself; "
                                "leave it out, for {} names a file that holds one",
                                own_tokens, token_url));
    }
    return config;
}

std::int64_t number_of(const rd_kafka_conf_t* conf, const char* property) {
    std::array<char, 32> text{};
    std::size_t size = text.size();
    rd_kafka_conf_get(conf, property, text.data(), &size);
    return std::strtoll(text.data(), nullptr, 10);
}

Conf Config::make(Role role) const {
    Conf conf(rd_kafka_conf_new());
    set(conf.get(), "bootstrap.servers", brokers_);
    set(conf.get(), "client.id", client_id_);
    set(conf.get(), "allow.auto.create.topics", "false");
    set(conf.get(), "topic.metadata.refresh.interval.ms", "30000");
    set(conf.get(), "socket.nagle.disable", "true");
    set(conf.get(), "socket.keepalive.enable", "true");
    set(conf.get(), "reconnect.backoff.max.ms", "2000");
    // An event has at most 1 MiB, to which headers and key are added.
    set(conf.get(), "message.max.bytes", std::to_string(max_record_bytes));
    if (role == Role::producer) {
        set(conf.get(), "linger.ms", "1");
        set(conf.get(), "partitioner", "murmur2_random");
        set(conf.get(), "queue.buffering.max.messages", "20000");
        set(conf.get(), "queue.buffering.max.kbytes", "131072");
    }
    for (const Property& property : properties_) {
        if (role == Role::consumer ? property.consumer : property.producer) {
            set(conf.get(), property.name.c_str(), property.value);
        }
    }
    if (!token_path_.empty()) {
        use_token_file(conf.get(), token_path_);
    }
    if (role == Role::producer) {
        set(conf.get(), "enable.idempotence", "true");
        set(conf.get(), "acks", "all");
        set(conf.get(), "message.timeout.ms", "0");
    }
    if (role == Role::consumer) {
        // If a request to join is lost on a dead connection, librdkafka waits for the response for
        // as long as this, and the member is stalled. poll() is called every few seconds whatever
        // handlers do, so the default of five minutes is not needed.
        if (std::ranges::find(properties_, "max.poll.interval.ms", &Property::name) ==
            properties_.end()) {
            const auto least = number_of(conf.get(), "session.timeout.ms");
            set(conf.get(), "max.poll.interval.ms",
                std::to_string(std::max(max_poll_interval_ms, least)));
        }
        set(conf.get(), "enable.auto.commit", "false");
        set(conf.get(), "enable.auto.offset.store", "false");
        set(conf.get(), "enable.partition.eof", "true");
        set(conf.get(), "partition.assignment.strategy", "range");
        set(conf.get(), "isolation.level", "read_committed");
    }
    return conf;
}

std::string Config::topic(std::string_view event_type) const {
    return prefix_ + std::string(event_type);
}

std::string Config::group_id(std::string_view group) const {
    return group_prefix_.value_or(prefix_) + std::string(group);
}

std::optional<std::string> Config::former_group_id(std::string_view group) const {
    if (group_prefix_ || prefix_.empty()) {
        return std::nullopt;
    }
    return std::string(group);
}

std::string Config::event_type(std::string_view topic) const {
    return std::string(topic.starts_with(prefix_) ? topic.substr(prefix_.size()) : topic);
}

}  // namespace quipu::kafka
