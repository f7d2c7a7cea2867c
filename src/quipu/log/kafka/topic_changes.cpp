// SPDX-License-Identifier: Apache-2.0
// The functions of Admin that change topics.
#include <fmt/core.h>

#include <array>
#include <span>
#include <utility>

#include "quipu/log/kafka/admin.hpp"
#include "quipu/log/kafka/answers.hpp"
#include "quipu/log/kafka/errors.hpp"

namespace quipu::kafka {
namespace {

using Topics = std::vector<std::string>;

constexpr std::chrono::seconds ready_within{15};
constexpr std::chrono::seconds listed_within{60};

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

std::string retention_text(const TopicSpec& spec) {
    return std::to_string(spec.retention.count());
}

}  // namespace

Result<Admin::Errors> Admin::create_now(const std::vector<const TopicSpec*>& specs) const {
    std::vector<NewTopic> made;
    Errors errors;
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
        rd_kafka_NewTopic_set_config(topic.get(), retention_name, retention_text(*spec).c_str());
        rd_kafka_NewTopic_set_config(topic.get(), "max.message.bytes",
                                     std::to_string(max_record_bytes).c_str());
        if (spec->replication >= 3) {
            // With fewer in-sync replicas, an acknowledged record might exist only once.
            rd_kafka_NewTopic_set_config(topic.get(), "min.insync.replicas", "2");
        }
        made.push_back(std::move(topic));
    }
    if (made.empty()) {
        return errors;
    }
    const auto event =
        ask(RD_KAFKA_ADMIN_OP_CREATETOPICS, RD_KAFKA_EVENT_CREATETOPICS_RESULT,
            "creation of topics", [&](const auto* options, auto* queue) {
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
    return errors;
}

Result<Admin::Errors> Admin::create(const std::vector<const TopicSpec*>& specs) const {
    std::map<std::string, const TopicSpec*> by_name;
    Topics names;
    for (const TopicSpec* spec : specs) {
        names.push_back(config_->topic(spec->event_type));
        by_name.emplace(names.back(), spec);
    }
    auto errors = create_when_ready(
        names,
        [&](const Topics& asked) {
            std::vector<const TopicSpec*> wanted;
            for (const std::string& name : asked) {
                wanted.push_back(by_name.at(name));
            }
            return create_now(wanted);
        },
        ready_within);
    if (!errors) {
        return errors;
    }
    // The controller knows them, including those that somebody else created meanwhile. The other
    // brokers learn of them later; under load, much later.
    std::erase_if(names, [&](const std::string& name) {
        const auto error = errors->find(name);
        return error != errors->end() && error->second.code != ErrorCode::conflict;
    });
    for (const std::string& name : wait_until_listed(
             std::move(names), [this](Topics& topics) { take_listed(topics); }, listed_within)) {
        errors->insert_or_assign(
            name, Error{ErrorCode::unavailable,
                        fmt::format("topic {}: it was created, but after {} s the broker does not "
                                    "list it yet; wait until it does",
                                    name, listed_within.count())});
    }
    return errors;
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
            "new partitions", [&](const auto* options, auto* queue) {
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
    // This call replaces all settings of a topic, so the unchanged ones are sent along.
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
            "settings of topics", [&](const auto* options, auto* queue) {
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
                      fmt::format("topic {}: partitions cannot be removed, nor the number of "
                                  "replicas changed here; use Kafka's own tools",
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
