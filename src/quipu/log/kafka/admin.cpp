// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/admin.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>
#include <utility>

#include "quipu/log/kafka/answers.hpp"
#include "quipu/log/kafka/errors.hpp"

namespace quipu::kafka {
namespace {

constexpr int answer_within = 15'000;  // ms
constexpr int metadata_turn = 1'500;

using Topics = std::vector<std::string>;

}  // namespace

Result<EventHandle> Admin::ask(rd_kafka_admin_op_t operation, rd_kafka_event_type_t answer,
                               const char* what, const Call& call) const {
    const AdminOptions options(rd_kafka_AdminOptions_new(client_, operation));
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), answer_within, text.data(),
                                              text.size());
    const Queue queue(rd_kafka_queue_new(client_));
    call(options.get(), queue.get());
    // The client reports a timeout of its own before this one expires.
    EventHandle event(rd_kafka_queue_poll(queue.get(), answer_within + 2'000));
    if (event == nullptr || rd_kafka_event_type(event.get()) != answer) {
        return fail(ErrorCode::unavailable, fmt::format("Kafka has not answered: {}", what));
    }
    if (const auto code = rd_kafka_event_error(event.get())) {
        if (auto error = health_->connection_error()) {
            return std::unexpected(std::move(*error));
        }
        const char* reason = rd_kafka_event_error_string(event.get());
        Error error = call_error(code, what, reason == nullptr ? std::string_view() : reason);
        error.message = health_->mask(error.message);
        return std::unexpected(std::move(error));
    }
    return event;
}

Result<Metadata> Admin::metadata() const {
    // In short slices: the reason why no broker answers is often known at once.
    for (int waited = 0; waited < answer_within; waited += metadata_turn) {
        const rd_kafka_metadata_t* raw = nullptr;
        // All topics: requesting one by name would make the client track it permanently.
        const auto code = rd_kafka_metadata(client_, 1, nullptr, &raw, metadata_turn);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return Metadata(raw);
        }
        if (auto error = health_->connection_error()) {
            return std::unexpected(std::move(*error));
        }
    }
    return fail(ErrorCode::unavailable, "Kafka has not answered: list of topics");
}

void Admin::take_listed(Topics& topics) const {
    const auto known = metadata();
    if (!known) {
        return;
    }
    const std::span list((*known)->topics, static_cast<std::size_t>((*known)->topic_cnt));
    std::set<std::string_view> listed;
    for (const auto& topic : list) {
        if (topic.partition_cnt > 0) {
            listed.insert(topic.topic);
        }
    }
    std::erase_if(topics, [&](const std::string& topic) { return listed.contains(topic); });
}

Result<EventHandle> Admin::describe(const Topics& topics) const {
    std::vector<ConfigResource> resources;
    for (const auto& topic : topics) {
        resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    }
    return ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT,
               "settings of topics", [&](const auto* options, auto* queue) {
                   auto raw = raw_pointers(resources);
                   rd_kafka_DescribeConfigs(client_, raw.data(), raw.size(), options, queue);
               });
}

Result<std::map<std::string, std::string>> Admin::retentions(const Topics& topics) const {
    std::map<std::string, std::string> found;
    if (topics.empty()) {
        return found;
    }
    const auto event = describe(topics);
    if (!event) {
        return std::unexpected(event.error());
    }
    for (const auto* resource : described(event->get())) {
        for (const auto* entry : entries(resource)) {
            const char* value = rd_kafka_ConfigEntry_value(entry);
            if (std::string_view(rd_kafka_ConfigEntry_name(entry)) == retention_name &&
                value != nullptr) {
                found[rd_kafka_ConfigResource_name(resource)] = value;
            }
        }
    }
    return found;
}

Result<std::vector<TopicState>> Admin::topics(const std::vector<std::string>& event_types) const {
    const auto known = metadata();
    if (!known) {
        return std::unexpected(known.error());
    }
    std::vector<TopicState> states;
    Topics names;
    const std::span list((*known)->topics, static_cast<std::size_t>((*known)->topic_cnt));
    for (const std::string& type : event_types) {
        const std::string name = config_->topic(type);
        const auto topic = std::ranges::find(list, name, &rd_kafka_metadata_topic_t::topic);
        if (topic == list.end() || topic->partition_cnt == 0) {
            continue;
        }
        TopicState state;
        state.event_type = type;
        state.partitions = topic->partition_cnt;
        state.replication = topic->partitions[0].replica_cnt;
        states.push_back(std::move(state));
        names.push_back(name);
    }
    const auto kept = retentions(names);
    if (!kept) {
        return std::unexpected(kept.error());
    }
    for (auto& state : states) {
        const auto text = kept->find(config_->topic(state.event_type));
        std::int64_t milliseconds = -1;
        if (text != kept->end()) {
            const auto& value = text->second;
            std::from_chars(value.data(), value.data() + value.size(), milliseconds);
        }
        if (milliseconds >= 0) {
            state.retention = std::chrono::milliseconds(milliseconds);
        }
    }
    return states;
}

}  // namespace quipu::kafka
