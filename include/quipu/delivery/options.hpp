// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "quipu/event/header.hpp"
#include "quipu/event/time.hpp"

namespace quipu {

/// Where a group starts that has never run on this store: at the earliest stored event, or with the
/// events that are published from then on.
enum class Start { earliest, latest };

/// How a consumer group works. A group declares its options as
/// `static constexpr quipu::GroupOptions options{.serial = true};`.
struct GroupOptions {
    /// How many threads call handlers. Two records of one key are never handled at the same time.
    std::size_t parallelism = 4;
    /// Handles all records one at a time, in log order across keys, on one thread: for handlers
    /// that share documents between keys, such as a queue. A failing record still blocks only its
    /// own key. Processes that share such a group through a topic log take turns, which is slow:
    /// run it in one process.
    bool serial = false;
    Start start = Start::earliest;
    /// Reading pauses while this many records have been read and are not finished (back-pressure).
    std::size_t max_in_flight = 1024;
    /// The largest number of records in one commit.
    std::size_t max_batch = 64;
    /// Interval between calls of `tick`; 0 disables it.
    std::chrono::milliseconds tick_interval{0};
};

/// The program that publishes: the metadata of its events.
struct Producer {
    std::string service_name = {};
    std::string service_version = {};
    Environment environment = Environment::production;
};

/// Sources of time and randomness. Tests and simulations supply their own. Called from any thread.
struct World {
    std::function<Time()> now = [] { return quipu::now(); };
    std::function<double()> random;  ///< in [0, 1); empty: a generator with a random seed
};

}  // namespace quipu
