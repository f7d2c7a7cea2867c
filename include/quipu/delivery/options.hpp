// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "quipu/event/header.hpp"
#include "quipu/event/time.hpp"

namespace quipu {

/// Where a group begins that has never run on this log.
enum class Start { earliest, latest };

/// How a consumer group works; a handler states its own as
/// `static constexpr quipu::GroupOptions options{.serial = true};`.
struct GroupOptions {
    /// Handlers that run at the same time, on as many threads. Records of one key never do.
    std::size_t parallelism = 4;
    /// Runs one handler at a time in log order across keys, on one thread. For handlers that share
    /// documents between keys, such as a queue. A failing key still holds back only itself. Where
    /// several processes share the group through a topic log they take turns, which is slow: run
    /// it in one.
    bool serial = false;
    Start start = Start::earliest;
    /// Records read from the log and not finished; reading pauses there (back-pressure).
    std::size_t max_in_flight = 1024;
    /// Records that share one commit at most.
    std::size_t max_batch = 64;
    /// Calls `tick` this often; 0 for never.
    std::chrono::milliseconds tick_interval{0};
};

/// Who publishes: what a new event's metadata says.
struct Producer {
    std::string service_name = {};
    std::string service_version = {};
    Environment environment = Environment::production;
};

/// The outside world, as the delivery floor sees it: tests put their own here.
struct World {
    std::function<Time()> now = [] { return quipu::now(); };
    std::function<double()> random;  ///< in [0, 1); a seeded generator when empty
};

}  // namespace quipu
