// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quipu/delivery/handler.hpp"
#include "quipu/log/topic_log.hpp"
#include "quipu/store/store.hpp"

namespace quipu {

/// Durations in seconds, counted by upper bounds.
struct Durations {
    std::vector<double> bounds;         ///< ascending
    std::vector<std::uint64_t> counts;  ///< up to each bound and beyond the one before; one more
                                        ///< for those beyond all bounds
    double sum = 0;
};

/// How a group is doing.
struct GroupStatus {
    std::string group;
    std::int64_t position = 0;       ///< every record up to here is finished
    std::int64_t lag = 0;            ///< subscribed records beyond it, as counted some seconds ago
    std::size_t in_flight = 0;       ///< read and not finished
    std::size_t parked = 0;          ///< waiting for a retry, or behind one
    std::size_t held_keys = 0;       ///< keys that wait for the decision about a dead letter
    std::optional<Time> held_since;  ///< since when, for the oldest of them
    std::size_t slow_handlers = 0;   ///< running for longer than GroupOptions::handler_timeout
    std::uint64_t handled = 0;
    std::uint64_t failed = 0;  ///< attempts that failed
    std::uint64_t dead_lettered = 0;
    std::uint64_t conflicts = 0;  ///< handlings run again because a document had changed
    Durations handler_time;       ///< of each attempt
    Durations event_age;          ///< from the event's timestamp to the end of its handler
    /// Since it last finished something, was idle, or could read its source.
    std::chrono::milliseconds since_progress{0};
    bool source_failing = false;  ///< it cannot read its source at the moment, see `problem`
    std::string problem;          ///< why it does not move; empty when it does
};

/// Something the operator's log should hear of. Never holds a payload.
struct DeliveryNotice {
    enum class Level { debug, info, warning, error } level = Level::info;
    std::string group;
    std::string event_id;
    std::string event_type;
    std::string text;
};

struct RuntimeOptions {
    Producer producer = {};
    World world = {};
    std::function<void(const DeliveryNotice&)> notice = {};  ///< from any thread; may be empty
    /// Also a notice of level debug for each event that was handled: attempt and duration.
    bool debug = false;
    /// Where groups read: the topics of this log, shared with the group's members in other
    /// processes; from the store itself when null. Must outlive the runtime.
    TopicLog* log = nullptr;
    /// Static membership in the log's groups: a name for this process that is the same after each
    /// restart and that no other process has. If another process takes the name, this one continues
    /// as a dynamic member. Empty for dynamic membership.
    std::string member = {};
    /// How long a group waits for an event that the log was given before it finds out whether the
    /// log still has it. If the log does not, the group takes the event from the store.
    std::chrono::milliseconds log_patience{5000};
    /// How often a handler is run again after a conflict before the event counts as failed.
    std::size_t max_conflicts = 100;
};

/// Runs consumer groups on a store: reads the log in order, calls handlers, commits the offset, the
/// finished mark, the documents and the published events of each together, retries by the event's
/// policy, and keeps what cannot be handled as dead letters.
///
/// Promises: a record is finished once per group, whatever crashes; records of one key are handled
/// in log order; a failing record holds back only its key, also when it has become a dead letter
/// (GroupOptions::on_dead_letter); a record that does not decode becomes a dead letter at once.
class DeliveryRuntime {
  public:
    DeliveryRuntime(Store& store, const EventTypes& types, std::vector<GroupBinding> groups,
                    RuntimeOptions options);
    /// Stops, if it runs.
    ~DeliveryRuntime();
    DeliveryRuntime(const DeliveryRuntime&) = delete;
    DeliveryRuntime& operator=(const DeliveryRuntime&) = delete;

    /// Opens the groups in the store and starts their threads.
    [[nodiscard]] Result<void> start();

    /// Stops reading, lets handlers that run finish and commit, and joins all threads. Returns
    /// false when a handler is still running after `deadline`; threads are then left to it, and
    /// store, types, log and handlers must outlive them.
    bool stop(std::chrono::milliseconds deadline = std::chrono::seconds{30});

    /// Blocks until every group has finished everything in the log and has nothing in flight
    /// (parked records do not count), or until `timeout`. For tests and `run --once`.
    [[nodiscard]] bool drain(std::chrono::milliseconds timeout);

    /// Hands a dead letter that Store::requeue has just given back to its group, which tries it at
    /// once. Without this call the group finds it within seconds.
    void requeued(const DeadLetter& letter);
    /// Tells an entry's group that Store::retry_now has made it due: its next attempt is made at
    /// once.
    void retry_now(const Parked& entry);
    /// Tells a letter's group that Store::discard has set it aside: the letter's key goes on.
    void discarded(const DeadLetter& letter);
    /// Tells all groups that the event at this position was archived: what they have parked of it
    /// is forgotten, and its key goes on.
    void archived(std::int64_t position);

    /// Tells a group what rewind_group has parked for it, which it then handles at once.
    void rewound(const std::vector<Parked>& entries);

    [[nodiscard]] std::vector<GroupStatus> status() const;

  private:
    class Group;
    std::shared_ptr<const RuntimeOptions> options_;  // shared with threads that outlive stop()
    std::vector<std::shared_ptr<Group>> groups_;
    Store& store_;
};

}  // namespace quipu
