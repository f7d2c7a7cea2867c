// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/patience.hpp"
#include "quipu/log/topics.hpp"

namespace quipu::kafka {

/// Describes and changes topics. Thread-safe; `client` must outlive it.
class Admin {
  public:
    Admin(std::shared_ptr<const Config> config, std::shared_ptr<Health> health, rd_kafka_t* client)
        : config_(std::move(config)), health_(std::move(health)), client_(client) {}

    [[nodiscard]] Result<std::vector<TopicState>> topics(
        const std::vector<std::string>& event_types) const;
    [[nodiscard]] Result<std::vector<TopicResult>> apply(
        const std::vector<TopicChange>& changes) const;

  private:
    using Errors = TopicErrors;
    /// Settings that are set for a topic itself, by topic and name.
    using Overrides = std::map<std::string, std::map<std::string, std::string>>;

    using Call = std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>;

    [[nodiscard]] Result<Metadata> metadata() const;
    /// Runs one administrative call and waits for its answer.
    [[nodiscard]] Result<EventHandle> ask(rd_kafka_admin_op_t operation,
                                          rd_kafka_event_type_t answer, const char* what,
                                          const Call& call) const;
    [[nodiscard]] Result<std::map<std::string, std::string>> retentions(
        const std::vector<std::string>& topics) const;
    [[nodiscard]] Result<Overrides> overrides(const std::vector<std::string>& topics,
                                              Errors& errors) const;
    [[nodiscard]] Result<EventHandle> describe(const std::vector<std::string>& topics) const;
    [[nodiscard]] Result<Errors> create(const std::vector<const TopicSpec*>& specs) const;
    [[nodiscard]] Result<Errors> add_partitions(const std::vector<const TopicSpec*>& specs) const;
    [[nodiscard]] Result<Errors> set_retention(const std::vector<const TopicSpec*>& specs) const;
    [[nodiscard]] Result<Errors> create_now(const std::vector<const TopicSpec*>& specs) const;
    /// Removes from `topics` those that a broker lists.
    void take_listed(std::vector<std::string>& topics) const;

    std::shared_ptr<const Config> config_;
    std::shared_ptr<Health> health_;
    rd_kafka_t* client_;
};

}  // namespace quipu::kafka
