// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/properties.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "quipu/base/nearest.hpp"

namespace quipu::kafka {
namespace {

using Table = std::map<std::string, PropertySides, std::less<>>;

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// librdkafka lists its properties, and which clients they apply to, only in the table that it
/// prints for people: "name | C/P | range | …".
Table read_table() {
    Table table;
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* file = open_memstream(&text, &size);
    if (file == nullptr) {
        return table;
    }
    rd_kafka_conf_properties_show(file);
    std::fclose(file);
    std::string_view rest(text, size);
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto first = line.find('|');
        const auto second = first == std::string_view::npos ? first : line.find('|', first + 1);
        if (second == std::string_view::npos) {
            continue;
        }
        const auto name = trim(line.substr(0, first));
        const auto side = trim(line.substr(first + 1, second - first - 1));
        if (name.empty() || (side != "*" && side != "P" && side != "C")) {
            continue;
        }
        PropertySides& sides = table[std::string(name)];
        sides.producer = sides.producer || side != "C";
        sides.consumer = sides.consumer || side != "P";
    }
    std::free(text);
    return table;
}

const Table& properties() {
    static const Table table = read_table();
    return table;
}

constexpr std::string_view order = "order and completeness depend on it";
constexpr std::string_view store = "offsets are committed when effects are stored";
constexpr std::string_view code = "it takes a function, not a text";

constexpr auto refused = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"acks", "a record counts as published only when all in-sync replicas have it"},
    {"allow.auto.create.topics", "topics are created on purpose, with their settings"},
    {"auto.commit.enable", store},
    {"auto.commit.interval.ms", store},
    {"auto.offset.reset", "it is an option of the consumer group"},
    {"bootstrap.servers", "the list of brokers is an option of its own"},
    {"default_topic_conf", code},
    {"delivery.report.only.error", "the outcome of every record is needed"},
    {"delivery.timeout.ms", "a record that timed out would be overtaken by the next of its key"},
    {"enable.auto.commit", store},
    {"enable.auto.offset.store", store},
    {"enable.gapless.guarantee", "a rejected record would stop all others"},
    {"enable.idempotence", order},
    {"enable.partition.eof", "a drain ends when all partitions have been read to their end"},
    {"enabled_events", code},
    {"group.id", "each consumer group has its own"},
    {"group.instance.id", "the member's name is an option of the consumer group"},
    {"interceptors", code},
    {"isolation.level", "records of aborted transactions would be handled"},
    {"log.queue", "messages would be lost"},
    {"message.timeout.ms", "a record that timed out would be overtaken by the next of its key"},
    {"metadata.broker.list", "the list of brokers is an option of its own"},
    {"offset.store.method", store},
    {"opaque", code},
    {"partition.assignment.strategy", "librdkafka's other strategies can lose or repeat records"},
    {"queuing.strategy", order},
    {"request.required.acks",
     "a record counts as published only when all in-sync replicas have it"},
    {"ssl_ca", code},
    {"ssl_certificate", code},
    {"ssl_engine_callback_data", code},
    {"ssl_key", code},
    {"transactional.id", "records are written one by one, without Kafka's transactions"},
});

}  // namespace

std::optional<PropertySides> property_sides(std::string_view name) {
    const auto found = properties().find(name);
    return found == properties().end() ? std::nullopt : std::optional(found->second);
}

std::string nearest_property(std::string_view name) {
    std::string nearest;
    std::size_t best = name.size() / 2 + 1;
    for (const auto& [known, sides] : properties()) {
        const auto distance = edit_distance(name, known);
        if (distance < best && refusal(known).empty()) {
            best = distance;
            nearest = known;
        }
    }
    return nearest;
}

std::string_view refusal(std::string_view name) {
    const auto found = std::ranges::find(refused, name, &decltype(refused)::value_type::first);
    if (found != refused.end()) {
        return found->second;
    }
    return name.ends_with("_cb") || name == "msg_order_cmp" ? code : std::string_view{};
}

}  // namespace quipu::kafka
