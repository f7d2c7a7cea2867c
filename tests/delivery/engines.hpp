#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "delivery/memory_log.hpp"
#include "quipu/codec/json.hpp"
#include "quipu/delivery/relay.hpp"
#include "quipu/event/id.hpp"
#include "quipu/log/kafka_log.hpp"
#include "quipu/store/sqlite_store.hpp"

namespace quipu::delivery_test {

/// The value of an environment variable; `otherwise` where it is not set.
inline std::string setting(const char* name, std::string otherwise = {}) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::move(otherwise) : std::string(value);
}

/// The engines that a run of the backend suite is for, by environment: QUIPU_TEST_LOG is `store`
/// (the default), `memory` or `kafka` (at QUIPU_TEST_KAFKA).
class Engines {
  public:
    explicit Engines(const EventTypes& types, std::filesystem::path file)
        : types_(types), file_(std::move(file)), prefix_("test-" + new_id() + ".") {}

    /// Opens the store, or what is there of it; what was opened before must be gone.
    std::unique_ptr<Store> open_store(bool durable = false) {
        SqliteOptions options;
        options.path = file_;
        options.durability = durable ? SqliteOptions::Durability::full
                                     : SqliteOptions::Durability::process_crash_only;
        return take(open_sqlite_store(std::move(options)));
    }

    /// The log, made once with the topics of all types; null where the store is the log.
    TopicLog* log() {
        if (log_ == nullptr) make_log();
        return log_.get();
    }
    MemoryLog* memory_log() { return dynamic_cast<MemoryLog*>(log()); }
    [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }

  private:
    void make_log() {
        const std::string kind = setting("QUIPU_TEST_LOG", "store");
        if (kind == "store") return;
        std::vector<std::string> names;
        std::vector<TopicChange> changes;
        for (const EventInfo& info : types_.all()) {
            names.emplace_back(info.event_type);
            changes.push_back(
                {TopicChange::Kind::create,
                 {std::string(info.event_type), info.topic.partitions, info.topic.retention, 1},
                 std::nullopt});
        }
        if (kind == "memory") {
            log_ = std::make_unique<MemoryLog>(names);
            return;
        }
        if (kind != "kafka") throw std::runtime_error("QUIPU_TEST_LOG: " + kind);
        KafkaOptions options;
        options.brokers = setting("QUIPU_TEST_KAFKA");
        options.prefix = prefix_;
        log_ = take(open_kafka_log(std::move(options)));
        for (const TopicResult& result : take(log_->apply(changes))) {
            if (result.error) throw std::runtime_error(result.error->message);
        }
    }

    template <class T>
    static T take(Result<T> result) {
        if (!result) throw std::runtime_error(result.error().message);
        return std::move(*result);
    }

    const EventTypes& types_;
    const std::filesystem::path file_;
    const std::string prefix_;
    std::unique_ptr<TopicLog> log_;
};

}  // namespace quipu::delivery_test
