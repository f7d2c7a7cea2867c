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

/// Header of a published record: its store, its position there and a checksum of type and body, as
/// "<store identity>/<position>/<checksum>".
inline constexpr std::string_view origin_header = "quipu-origin";

/// Header of a stored record that was ingested from a topic log: its place there, as
/// "<event type>/<partition>/<offset>". The relay does not publish such a record again. The name is
/// part of the stored format.
inline constexpr std::string_view ingested_header = "quipu-adopted";

struct RelayOptions {
    World world = {};  ///< the clock of dead letters and of RelayStatus::lag_time
    /// Receives lines for the operator's log: a level ("warning" or "error") and a text. Called on
    /// the relay's threads; must not block. May be empty.
    std::function<void(std::string_view level, std::string_view text)> notice = {};
    /// How long the holder of the lease may go without renewing it before another relay takes over.
    std::chrono::milliseconds lease{10'000};
    /// The relay pauses while this many records have been produced and are not acknowledged.
    std::size_t max_in_flight = 8192;
};

struct RelayStatus {
    bool active = false;  ///< this relay holds the lease
    /// The checkpoint: every record up to here is in the log, came from the log, or is a dead
    /// letter.
    std::int64_t position = 0;
    std::int64_t lag = 0;                   ///< stored records beyond the checkpoint
    std::chrono::milliseconds lag_time{0};  ///< age of the oldest record beyond the checkpoint
    std::uint64_t published = 0;            ///< records that this object has published
    std::string problem;  ///< why the checkpoint does not advance; empty when it does
};

/// The outbox relay: publishes stored records to the topic log, in the store's order and so in
/// order per key, and advances its checkpoint when the log has acknowledged them. Records that a
/// crash, an outage or a full queue left unpublished are published by the next relay that gets the
/// lease.
///
/// Any number of processes may run a relay on the same store. One at a time holds the lease, a
/// document in the store whose revision fences every commit of the checkpoint: a relay that was
/// suspended and resumes after losing the lease cannot move the checkpoint. It can at most publish
/// records a second time; consumers recognise those by their event id.
class Relay {
  public:
    /// `store` and `log` must outlive it.
    Relay(Store& store, TopicLog& log, RelayOptions options);
    /// Calls stop().
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Registers the relay's group with the store and starts the relay's threads. Call it once.
    /// Errors: those of Store::open_group.
    [[nodiscard]] Result<void> start();

    /// Waits at most `deadline` for the log's acknowledgements, releases the lease and joins the
    /// threads. The next relay publishes again what has not been acknowledged by then.
    void stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

    /// Blocks until the log has the record at `position`, whichever process publishes it. Returns
    /// false after `timeout`, when the relay stops, or if the log rejects the record. Thread-safe.
    [[nodiscard]] bool wait_published(std::int64_t position, std::chrono::milliseconds timeout);

    /// The relay's progress. Makes a few reads of the store to find the lag. Thread-safe.
    [[nodiscard]] RelayStatus status() const;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace quipu
