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

/// Which engines a program works on, and how they are reached. Holds secrets; only shown() of the
/// URLs may be printed.
struct EngineOptions {
    StoreUrl store;  ///< with the password, where the settings name one
    LogUrl log;      ///< with the prefix and all properties that the settings name
    std::optional<std::string> group_prefix;  ///< none: the topic prefix
    std::string mongodb_database;
    std::int32_t replication = 1;
    std::string member;
    bool relay = true;
    bool create_topics = false;

    /// One process writes, and others ask it through its socket.
    [[nodiscard]] bool one_writer() const noexcept {
        return store.engine == StoreUrl::Engine::sqlite;
    }
    [[nodiscard]] bool has_log() const noexcept { return !log.in_store; }
};

/// Puts the settings together. ErrorCode::invalid for such that contradict each other.
[[nodiscard]] Result<EngineOptions> engine_options(const Settings& settings);

/// "warning" or "error", and a line for the operator.
using EngineNotice = std::function<void(std::string_view level, std::string_view text)>;

/// Opens the MongoDB database that the options name, for reading and writing. Errors name the
/// database's address; unavailable ones may pass. Unless `create`, a database without a store is
/// ErrorCode::not_found.
[[nodiscard]] Result<std::unique_ptr<Store>> open_mongodb(const EngineOptions& options,
                                                          const EventTypes& types,
                                                          EngineNotice notice, bool create);

/// Opens the Kafka log that the options name. A broker that does not answer is no error here.
[[nodiscard]] Result<std::unique_ptr<TopicLog>> open_log(const EngineOptions& options,
                                                         std::string_view program,
                                                         EngineNotice notice);

}  // namespace quipu
