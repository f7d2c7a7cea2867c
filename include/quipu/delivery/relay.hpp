// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "quipu/delivery/options.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// The consumer group as which the relay stands in the store: its offset is the outbox mark, its
/// dead letters are events that the log does not take.
inline constexpr std::string_view relay_group = "quipu.relay";

/// A header that a published record carries: the store it came from and its position there, as
/// "<store identity>/<position>".
inline constexpr std::string_view origin_header = "quipu-origin";

/// A header of stored records that came from a topic log and were not in this store before:
/// "<event type>/<partition>/<offset>". The relay leaves them where they came from.
inline constexpr std::string_view adopted_header = "quipu-adopted";

struct RelayOptions {
    World world = {};
    std::function<void(std::string_view level, std::string_view text)> notice =
        {};                                   ///< may be empty
    std::chrono::milliseconds lease{10'000};  ///< how long another relay waits for a silent one
    std::size_t max_in_flight = 8192;         ///< records given to the log and not acknowledged
};

struct RelayStatus {
    bool active = false;                    ///< holds the lease
    std::int64_t position = 0;              ///< everything up to here is in the log
    std::int64_t lag = 0;                   ///< stored records beyond it
    std::chrono::milliseconds lag_time{0};  ///< age of the oldest of them
    std::uint64_t published = 0;
    std::string problem;  ///< why it does not move; empty when it does
};

/// The outbox relay: publishes to the topic log what stands in the store, in the store's order and
/// so in order per key, and moves its mark when the log has acknowledged. What a crash, an outage
/// or a full queue left unpublished is published by the next relay that gets the lease.
///
/// Any number of processes may run one on the same store: one at a time holds the lease, a document
/// in the store whose revision guards every step of the mark (fencing), so a relay that was stopped
/// and wakes up late cannot move it. What it may still publish then are repetitions, which
/// consumers recognise by their event id.
class Relay {
  public:
    Relay(Store& store, TopicLog& log, RelayOptions options);
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Makes the group known to the store and starts the thread.
    [[nodiscard]] Result<void> start();

    /// Waits at most `deadline` for what is given to the log, gives the lease back and ends.
    void stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

    /// Blocks until the log has everything up to `position` or `timeout` passed (false). Works
    /// whichever process holds the lease.
    [[nodiscard]] bool wait_published(std::int64_t position, std::chrono::milliseconds timeout);

    [[nodiscard]] RelayStatus status() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace quipu
