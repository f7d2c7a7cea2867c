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

/// What becomes of the later records of a key when one of its records becomes a dead letter.
enum class OnDeadLetter {
    /// They wait behind it, in order and across restarts, until it is requeued and handled, or
    /// discarded. Other keys go on.
    hold_key,
    /// They are handled. Requeued later, the record is handled out of order.
    release_key,
};

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
    /// When the retries of a record are exhausted, or it has ended the process too often.
    OnDeadLetter on_dead_letter = OnDeadLetter::hold_key;
    /// When the handler throws Reject.
    OnDeadLetter on_rejected = OnDeadLetter::release_key;
    /// When the record does not decode.
    OnDeadLetter on_undecodable = OnDeadLetter::release_key;
    /// A record during which the process has ended this often becomes a dead letter instead of
    /// ending it again. Counted after an unclean stop only, when the records that may have been in
    /// flight are handled one by one; an operator's kill -9 counts like a crash. 0: never.
    std::size_t max_crashes = 3;
    /// A handler that runs longer is reported in the log, the metrics and the readiness details. It
    /// is not interrupted.
    std::chrono::milliseconds handler_timeout{60'000};
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
