// SPDX-License-Identifier: Apache-2.0
#include "delivery/engines.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "delivery/memory_log.hpp"
#include "quipu/event/id.hpp"
#include "quipu/log/kafka/kafka_log.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/mongo/support.hpp"

namespace quipu::delivery_test {

namespace {

std::string setting(const char* name, std::string otherwise = {}) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::move(otherwise) : std::string(value);
}

std::string store_kind() {
    return setting("QUIPU_TEST_STORE", "sqlite");
}
std::string log_kind() {
    return setting("QUIPU_TEST_LOG", "store");
}

template <class T>
T take(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

std::unique_ptr<TopicLog> make_kafka(const EventTypes& types, const std::string& prefix) {
    KafkaOptions options;
    options.brokers = setting("QUIPU_TEST_KAFKA");
    options.prefix = prefix;
    auto log = take(open_kafka_log(std::move(options)));
    std::vector<TopicChange> changes;
    for (const EventInfo& info : types.all()) {
        changes.push_back(
            {TopicChange::Kind::create,
             {std::string(info.event_type), info.topic.partitions, info.topic.retention, 1},
             std::nullopt});
    }
    for (const TopicResult& result : take(log->apply(changes))) {
        if (result.error) throw std::runtime_error(result.error->message);
    }
    return log;
}

std::unique_ptr<TopicLog> make_memory(const EventTypes& types) {
    std::vector<std::string> names;
    for (const EventInfo& info : types.all()) names.emplace_back(info.event_type);
    return std::make_unique<MemoryLog>(names);
}

}  // namespace

Engines::Engines(const EventTypes& types, std::filesystem::path file)
    : types_(types), file_(std::move(file)), prefix_("test-" + new_id() + ".") {
    if (store_kind() == "mongo") database_ = std::make_unique<test::MongoDatabase>();
}

Engines::~Engines() = default;

std::unique_ptr<Store> Engines::open_store() {
    if (database_ != nullptr) return take(open_mongo_store(database_->options()));
    SqliteOptions options;
    options.path = file_;
    options.durability = SqliteOptions::Durability::process_crash_only;
    return take(open_sqlite_store(std::move(options)));
}

TopicLog* Engines::log() {
    if (log_ != nullptr) return log_.get();
    if (log_kind() == "kafka") log_ = make_kafka(types_, prefix_);
    if (log_kind() == "memory") log_ = make_memory(types_);
    return log_.get();
}

std::string Engines::missing() {
    if (log_kind() == "kafka" && setting("QUIPU_TEST_KAFKA").empty()) return "QUIPU_TEST_KAFKA";
    if (store_kind() == "mongo" && setting("QUIPU_TEST_MONGO").empty()) return "QUIPU_TEST_MONGO";
    return {};
}

}  // namespace quipu::delivery_test
