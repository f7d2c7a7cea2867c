// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "quipu/event/catalogue.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu::test {
class MongoDatabase;
}

namespace quipu::delivery_test {

/// The engines that a run of the backend suite is for, by environment: QUIPU_TEST_STORE is `sqlite`
/// (the default) or `mongo` (at QUIPU_TEST_MONGO); QUIPU_TEST_LOG is `store` (the default),
/// `memory` or `kafka` (at QUIPU_TEST_KAFKA).
class Engines {
  public:
    Engines(const EventTypes& types, std::filesystem::path file);
    ~Engines();
    Engines(const Engines&) = delete;
    Engines& operator=(const Engines&) = delete;

    /// Opens the store, or what is there of it; what was opened before must be gone.
    [[nodiscard]] std::unique_ptr<Store> open_store();

    /// The log, made once with the topics of all types; null where the store is the log.
    [[nodiscard]] TopicLog* log();

    /// Of the topics' names.
    [[nodiscard]] const std::string& prefix() const noexcept { return prefix_; }

    /// The servers that these engines need and that the environment does not name; empty when a
    /// test can run.
    [[nodiscard]] static std::string missing();

  private:
    const EventTypes& types_;
    const std::filesystem::path file_;
    const std::string prefix_;
    std::unique_ptr<test::MongoDatabase> database_;
    std::unique_ptr<TopicLog> log_;
};

}  // namespace quipu::delivery_test
