// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quipu/app/engines/engine_urls.hpp"
#include "quipu/app/settings/settings.hpp"
#include "quipu/event/catalogue.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// The engines of a program and how to reach them. Contains secrets: print only shown() of the
/// URLs.
struct EngineOptions {
    StoreUrl store;  ///< including the password of the settings
    LogUrl log;      ///< including the prefix and the properties of the settings
    std::optional<std::string> group_prefix;  ///< unset: the topic prefix
    std::string mongodb_database;
    std::int32_t replication = 1;
    std::string member;
    bool relay = true;
    bool create_topics = false;

    /// Whether one process writes the store and others ask it through its control socket.
    [[nodiscard]] bool one_writer() const noexcept {
        return store.engine == StoreUrl::Engine::sqlite;
    }
    [[nodiscard]] bool has_log() const noexcept { return !log.in_store; }
};

/// Combines the settings. ErrorCode::invalid if they contradict each other.
[[nodiscard]] Result<EngineOptions> engine_options(const Settings& settings);

/// Receives a level ("warning" or "error") and a line for the operator's log.
using EngineNotice = std::function<void(std::string_view level, std::string_view text)>;

/// Opens the MongoDB database of the options for reading and writing. Errors name the database's
/// address; after unavailable, trying again may succeed. Unless `create` is set, a database without
/// a store is ErrorCode::not_found.
[[nodiscard]] Result<std::unique_ptr<Store>> open_mongodb(const EngineOptions& options,
                                                          const EventTypes& types,
                                                          EngineNotice notice, bool create);

/// Opens the Kafka log of the options. An unreachable broker is not an error here.
[[nodiscard]] Result<std::unique_ptr<TopicLog>> open_log(const EngineOptions& options,
                                                         std::string_view program,
                                                         EngineNotice notice);

}  // namespace quipu
