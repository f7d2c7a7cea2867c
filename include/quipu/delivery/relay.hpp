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

/// The consumer group under which the relay stands in the store: its offset is the checkpoint of
/// the outbox, its dead letters are events that the log refuses.
inline constexpr std::string_view relay_group = "quipu.relay";

/// Header of a published record: the store it came from, its position there and a checksum of type
/// and body, as "<store identity>/<position>/<checksum>".
inline constexpr std::string_view origin_header = "quipu-origin";

/// Header of a stored record that was ingested from a topic log: where it came from, as
/// "<event type>/<partition>/<offset>". The relay does not publish such a record again. The name is
/// part of the stored format.
inline constexpr std::string_view ingested_header = "quipu-adopted";

struct RelayOptions {
    World world = {};  ///< the clock of dead letters and of RelayStatus::lag_time
    /// Receives a line for the operator, "warning" or "error" and the text, on the relay's own
    /// threads; must not block. May be empty.
    std::function<void(std::string_view level, std::string_view text)> notice = {};
    /// How long another relay waits for a silent holder of the lease before it takes over.
    std::chrono::milliseconds lease{10'000};
    /// Records that were given to the log and not acknowledged; beyond it the relay waits.
    std::size_t max_in_flight = 8192;
};

struct RelayStatus {
    bool active = false;  ///< this relay holds the lease
    /// The checkpoint: everything up to here is in the log, or is a dead letter, or came from it.
    std::int64_t position = 0;
    std::int64_t lag = 0;                   ///< stored records beyond the checkpoint
    std::chrono::milliseconds lag_time{0};  ///< age of the oldest of them
    std::uint64_t published = 0;            ///< by this object
    std::string problem;  ///< why the checkpoint does not advance; empty when it does
};

/// The outbox relay: publishes stored records to the topic log, in the store's order and so in
/// order per key, and advances its checkpoint when the log has acknowledged them. Records that a
/// crash, an outage or a full queue left unpublished are published by the next relay that gets the
/// lease.
///
/// Any number of processes may run a relay on the same store. One at a time holds the lease, a
/// document in the store whose revision fences every commit of the checkpoint: a relay that was
/// suspended and wakes up late cannot move it. All that such a relay can still do is to publish
/// records again; consumers recognise those by their event id.
class Relay {
  public:
    /// `store` and `log` must outlive it.
    Relay(Store& store, TopicLog& log, RelayOptions options);
    /// Stops, with ten seconds as the deadline.
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Registers the relay's group with the store and starts the relay's threads. To be called
    /// once. Errors: those of Store::open_group.
    [[nodiscard]] Result<void> start();

    /// Waits at most `deadline` for the log's acknowledgements, frees the lease and joins the
    /// threads. What is not acknowledged by then is published again by the next relay.
    void stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

    /// Blocks until the log has the record at `position`, whichever process publishes it. False
    /// when `timeout` has passed, the relay stops, or the log refuses the record. Thread-safe.
    [[nodiscard]] bool wait_published(std::int64_t position, std::chrono::milliseconds timeout);

    /// Asks the store for the lag, so it costs a few reads. Thread-safe.
    [[nodiscard]] RelayStatus status() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace quipu
