#include "quipu/log/kafka_admin.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "quipu/log/kafka_errors.hpp"

namespace quipu::kafka {
namespace {

constexpr int answer_within = 15'000;  // ms
constexpr int metadata_turn = 1'500;
constexpr std::string_view retention_name = "retention.ms";

using Topics = std::vector<std::string>;

template <class Pointer>
std::vector<typename Pointer::pointer> raw_pointers(const std::vector<Pointer>& owners) {
    std::vector<typename Pointer::pointer> raw;
    for (const auto& owner : owners) {
        raw.push_back(owner.get());
    }
    return raw;
}

std::map<std::string, Error> topic_errors(const rd_kafka_topic_result_t** results,
                                          std::size_t count) {
    std::map<std::string, Error> errors;
    for (const auto* result : std::span(results, count)) {
        if (const auto code = rd_kafka_topic_result_error(result)) {
            const char* text = rd_kafka_topic_result_error_string(result);
            const std::string topic = rd_kafka_topic_result_name(result);
            errors.emplace(topic, call_error(code, "topic " + topic,
                                             text == nullptr ? std::string_view() : text));
        }
    }
    return errors;
}

std::optional<Error> resource_error(const rd_kafka_ConfigResource_t* resource) {
    const auto code = rd_kafka_ConfigResource_error(resource);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::nullopt;
    }
    const char* text = rd_kafka_ConfigResource_error_string(resource);
    return call_error(code, fmt::format("topic {}", rd_kafka_ConfigResource_name(resource)),
                      text == nullptr ? std::string_view() : text);
}

std::span<const rd_kafka_ConfigResource_t*> described(rd_kafka_event_t* event) {
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    return {resources, count};
}

std::span<const rd_kafka_ConfigEntry_t*> entries(const rd_kafka_ConfigResource_t* resource) {
    std::size_t count = 0;
    const auto** list = rd_kafka_ConfigResource_configs(resource, &count);
    return {list, count};
}

std::string retention_text(const TopicSpec& spec) {
    return std::to_string(spec.retention.count());
}

}  // namespace

/// Runs one administrative call and waits for its answer.
Result<Event> Admin::ask(rd_kafka_admin_op_t operation, rd_kafka_event_type_t answer,
                         const char* what, auto&& call) const {
    const AdminOptions options(rd_kafka_AdminOptions_new(client_, operation));
    std::array<char, 256> text{};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), answer_within, text.data(),
                                              text.size());
    const Queue queue(rd_kafka_queue_new(client_));
    call(options.get(), queue.get());
    // The client reports a timeout of its own before this one ends.
    Event event(rd_kafka_queue_poll(queue.get(), answer_within + 2'000));
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
    // In short turns: why no broker answers is often known at once.
    for (int waited = 0; waited < answer_within; waited += metadata_turn) {
        const rd_kafka_metadata_t* raw = nullptr;
        // All topics: asking for one by name would make it known to this client for good.
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

Result<Event> Admin::describe(const Topics& topics) const {
    std::vector<ConfigResource> resources;
    for (const auto& topic : topics) {
        resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    }
    return ask(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT,
               "settings of topics", [&](auto* options, auto* queue) {
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
            if (rd_kafka_ConfigEntry_name(entry) == retention_name && value != nullptr) {
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

Result<Admin::Errors> Admin::create(const std::vector<const TopicSpec*>& specs) const {
    std::vector<NewTopic> made;
    Errors errors;
    Topics names;
    for (const TopicSpec* spec : specs) {
        const std::string name = config_->topic(spec->event_type);
        std::array<char, 256> text{};
        NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), spec->partitions, spec->replication,
                                             text.data(), text.size()));
        if (topic == nullptr) {
            errors.emplace(
                name, Error{ErrorCode::invalid, fmt::format("topic {}: {}", name, text.data())});
            continue;
        }
        rd_kafka_NewTopic_set_config(topic.get(), retention_name.data(),
                                     retention_text(*spec).c_str());
        if (spec->replication >= 3) {
            // With one replica less a record that was acknowledged could exist once only.
            rd_kafka_NewTopic_set_config(topic.get(), "min.insync.replicas", "2");
        }
        made.push_back(std::move(topic));
        names.push_back(name);
    }
    if (made.empty()) {
        return errors;
    }
    const auto event =
        ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, RD_KAFKA_EVENT_CREATETOPICS_RESULT,
            "creation of topics", [&](auto* options, auto* queue) {
                auto raw = raw_pointers(made);
                rd_kafka_CreateTopics(client_, raw.data(), raw.size(), options, queue);
            });
    if (!event) {
        return std::unexpected(event.error());
    }
    std::size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event->get()), &count);
    errors.merge(topic_errors(results, count));
    std::erase_if(names, [&](const std::string& name) { return errors.contains(name); });
    wait_until_known(names);
    return errors;
}

void Admin::wait_until_known(const Topics& topics) const {
    // The controller has them; other brokers learn of them a moment later.
    const std::set<std::string> wanted(topics.begin(), topics.end());
    for (int attempt = 0; attempt < 50 && !wanted.empty(); ++attempt) {
        const auto known = metadata();
        if (!known) {
            return;
        }
        const std::span list((*known)->topics, static_cast<std::size_t>((*known)->topic_cnt));
        const auto there = std::ranges::count_if(list, [&](const auto& topic) {
            return wanted.contains(topic.topic) && topic.partition_cnt > 0;
        });
        if (static_cast<std::size_t>(there) == wanted.size()) {
            return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

Result<Admin::Errors> Admin::add_partitions(const std::vector<const TopicSpec*>& specs) const {
    std::vector<NewPartitions> made;
    Errors errors;
    for (const TopicSpec* spec : specs) {
        const std::string name = config_->topic(spec->event_type);
        std::array<char, 256> text{};
        NewPartitions partitions(rd_kafka_NewPartitions_new(
            name.c_str(), static_cast<std::size_t>(spec->partitions), text.data(), text.size()));
        if (partitions == nullptr) {
            errors.emplace(
                name, Error{ErrorCode::invalid, fmt::format("topic {}: {}", name, text.data())});
            continue;
        }
        made.push_back(std::move(partitions));
    }
    if (made.empty()) {
        return errors;
    }
    const auto event =
        ask(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, RD_KAFKA_EVENT_CREATEPARTITIONS_RESULT,
            "new partitions", [&](auto* options, auto* queue) {
                auto raw = raw_pointers(made);
                rd_kafka_CreatePartitions(client_, raw.data(), raw.size(), options, queue);
            });
    if (!event) {
        return std::unexpected(event.error());
    }
    std::size_t count = 0;
    const auto** results = rd_kafka_CreatePartitions_result_topics(
        rd_kafka_event_CreatePartitions_result(event->get()), &count);
    errors.merge(topic_errors(results, count));
    return errors;
}

Result<Admin::Overrides> Admin::overrides(const Topics& topics, Errors& errors) const {
    const auto event = describe(topics);
    if (!event) {
        return std::unexpected(event.error());
    }
    Overrides found;
    for (const auto* resource : described(event->get())) {
        const std::string topic = rd_kafka_ConfigResource_name(resource);
        if (auto error = resource_error(resource)) {
            errors.emplace(topic, std::move(*error));
            continue;
        }
        auto& values = found[topic];
        for (const auto* entry : entries(resource)) {
            if (rd_kafka_ConfigEntry_source(entry) != RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG) {
                continue;
            }
            const std::string name = rd_kafka_ConfigEntry_name(entry);
            const char* value = rd_kafka_ConfigEntry_value(entry);
            if (value == nullptr) {
                errors.emplace(
                    topic, Error{ErrorCode::invalid,
                                 fmt::format("topic {}: its setting {} cannot be read and would "
                                             "be lost; set {} with Kafka's own tools",
                                             topic, name, retention_name)});
                break;
            }
            values[name] = value;
        }
    }
    return found;
}

Result<Admin::Errors> Admin::set_retention(const std::vector<const TopicSpec*>& specs) const {
    Errors errors;
    Topics names;
    for (const TopicSpec* spec : specs) {
        names.push_back(config_->topic(spec->event_type));
    }
    // This call replaces all settings of a topic, so those that stay are sent along.
    auto settings = overrides(names, errors);
    if (!settings) {
        return std::unexpected(std::move(settings.error()));
    }
    std::vector<ConfigResource> made;
    for (const TopicSpec* spec : specs) {
        const std::string name = config_->topic(spec->event_type);
        if (errors.contains(name)) {
            continue;
        }
        auto& values = (*settings)[name];
        values[std::string(retention_name)] = retention_text(*spec);
        ConfigResource resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
        for (const auto& [key, value] : values) {
            rd_kafka_ConfigResource_set_config(resource.get(), key.c_str(), value.c_str());
        }
        made.push_back(std::move(resource));
    }
    if (made.empty()) {
        return errors;
    }
    const auto event =
        ask(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, RD_KAFKA_EVENT_ALTERCONFIGS_RESULT,
            "settings of topics", [&](auto* options, auto* queue) {
                auto raw = raw_pointers(made);
                rd_kafka_AlterConfigs(client_, raw.data(), raw.size(), options, queue);
            });
    if (!event) {
        return std::unexpected(event.error());
    }
    std::size_t count = 0;
    const auto** resources = rd_kafka_AlterConfigs_result_resources(
        rd_kafka_event_AlterConfigs_result(event->get()), &count);
    for (const auto* resource : std::span(resources, count)) {
        if (auto error = resource_error(resource)) {
            errors.emplace(rd_kafka_ConfigResource_name(resource), std::move(*error));
        }
    }
    return errors;
}

Result<std::vector<TopicResult>> Admin::apply(const std::vector<TopicChange>& changes) const {
    using Kind = TopicChange::Kind;
    const std::array<
        std::pair<Kind, Result<Errors> (Admin::*)(const std::vector<const TopicSpec*>&) const>, 3>
        steps{{{Kind::create, &Admin::create},
               {Kind::add_partitions, &Admin::add_partitions},
               {Kind::set_retention, &Admin::set_retention}}};
    std::map<Kind, Errors> failed;
    for (const auto& [kind, step] : steps) {
        std::vector<const TopicSpec*> specs;
        for (const TopicChange& change : changes) {
            if (change.kind == kind) {
                specs.push_back(&change.spec);
            }
        }
        if (specs.empty()) {
            continue;
        }
        auto errors = (this->*step)(specs);
        if (errors) {
            failed[kind] = std::move(*errors);
            continue;
        }
        for (const TopicSpec* spec : specs) {
            failed[kind].emplace(config_->topic(spec->event_type), errors.error());
        }
    }
    std::vector<TopicResult> results;
    for (const TopicChange& change : changes) {
        TopicResult result{change, std::nullopt};
        const std::string name = config_->topic(change.spec.event_type);
        if (change.kind == Kind::differs) {
            result.error =
                Error{ErrorCode::invalid,
                      fmt::format("topic {}: partitions cannot be taken away and replicas "
                                  "not be changed here; use Kafka's own tools",
                                  name)};
        } else if (const auto error = failed[change.kind].find(name);
                   error != failed[change.kind].end()) {
            result.error = error->second;
        }
        results.push_back(std::move(result));
    }
    return results;
}

}  // namespace quipu::kafka
