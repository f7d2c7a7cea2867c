// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quipu/base/error.hpp"
#include "quipu/log/log_record.hpp"
#include "quipu/log/topics.hpp"

namespace quipu {

/// How a member of a consumer group reads.
struct LogConsumerOptions {
    std::string group = {};                     ///< the consumer group's name, without a prefix
    std::vector<std::string> event_types = {};  ///< whose topics it reads
    bool from_earliest = true;  ///< where a partition without a committed offset is read from
    /// Static membership: a member that returns under this name within the session timeout gets its
    /// partitions back without a rebalance. Unique in the group; empty for a dynamic member.
    std::string member = {};
    /// Called within poll(), on its thread, with partitions that have been assigned.
    std::function<void(const std::vector<LogPartition>&)> assigned = {};
    /// Called within poll() or close(), on its thread, with partitions that are taken away. It
    /// should return once no record of theirs is being processed; their finished offsets are then
    /// committed. When `lost` is set, another member may already own the partitions.
    std::function<void(const std::vector<LogPartition>&, bool lost)> revoked = {};
};

/// How far a member has read an assigned partition.
struct LogProgress {
    LogPartition partition;
    std::int64_t given = 0;  ///< poll() has returned every record before this offset
    std::int64_t end = 0;    ///< the log's end: the offset that the next record will get
};

/// One member of one consumer group. finished() may be called from any thread; all other functions
/// must be called from one thread.
class LogConsumer {
  public:
    virtual ~LogConsumer() = default;

    /// Waits at most `timeout` for records and returns up to `limit` of them, in offset order
    /// within each partition. Call it at least every few seconds, also while paused; otherwise the
    /// group takes the partitions away. Each record is returned once per assignment.
    ///
    /// Errors: unavailable (no broker answers), not_found (a topic is missing), invalid (wrong
    /// credentials, access rules or configuration), conflict (another process uses this member's
    /// name; this consumer cannot be used any more). After any other error call poll() again.
    [[nodiscard]] virtual Result<std::vector<ReceivedRecord>> poll(
        std::chrono::milliseconds timeout, std::size_t limit) = 0;

    /// While paused, poll() returns no new records but keeps the membership alive.
    virtual void pause(bool paused) = 0;

    /// Reports that the effects of the record at this place are durable. The consumer commits, per
    /// partition, the offset below which every returned record is finished, so a crash never skips
    /// unfinished work. Thread-safe.
    virtual void finished(const LogPartition& partition, std::int64_t offset) = 0;

    /// Calls `revoked` for the assigned partitions, commits and leaves the group. No other function
    /// may be called afterwards.
    virtual void close() = 0;

    /// Whether poll() has returned every record that the assigned partitions held when their ends
    /// were last fetched. True for a member without partitions; false until the group has assigned
    /// some or none.
    [[nodiscard]] virtual bool at_end() = 0;

    /// How far the assigned partitions have been read. Asks the broker for their ends and waits a
    /// few seconds at most. Errors: unavailable, not_found (a topic is missing).
    [[nodiscard]] virtual Result<std::vector<LogProgress>> progress() = 0;

    /// The partition that this log's partitioner chooses for a key, as of the last progress().
    /// Empty if the partition count is unknown or the partitioner does not depend on the key alone.
    [[nodiscard]] virtual std::optional<LogPartition> partition_of(const std::string& event_type,
                                                                   const std::string& key) = 0;

    /// Records of the assigned partitions beyond the committed offsets; -1 while unknown.
    [[nodiscard]] virtual std::int64_t lag() = 0;
};

/// The state of a log, for `doctor` and the readiness check.
struct LogHealth {
    std::string engine;    ///< for example "librdkafka 2.0.2"
    std::string location;  ///< the brokers, without credentials
    bool reachable = false;
    std::string problem;          ///< what does not work and what to try; empty when all is well
    std::int64_t queued = 0;      ///< records that the broker has not acknowledged yet
    std::int64_t tombstones = 0;  ///< received by this log's consumers; groups pass over them
};

/// A log with topics beside the store, such as Kafka. All functions are thread-safe.
class TopicLog {
  public:
    using Done = std::function<void(Result<LogPlace>)>;

    virtual ~TopicLog() = default;

    /// Queues a record; blocks while the queue is full. Records of one key reach the log in the
    /// order of the calls.
    ///
    /// `done` is called once, on a thread of the log, when all in-sync replicas have the record or
    /// when it cannot be delivered. It must be short, must not block and must not call the log.
    ///
    /// While no broker is reachable the record stays queued, without a time limit. If brokers
    /// answer but acknowledge nothing for half a minute or more, the record fails as unavailable.
    ///
    /// Errors passed to `done`: limit (too large for the broker), not_found (the topic does not
    /// exist, or writing to it is not allowed), invalid (the broker rejects the record),
    /// unavailable. After unavailable the record may or may not be in the log; the records queued
    /// behind it fail in the same way, and all of them must be sent again in order.
    ///
    /// With an `epoch` that is not the current one, the record fails as unavailable at once: its
    /// caller has not yet learned of lost records that must be sent before this one.
    virtual void produce(LogRecord record, Done done,
                         std::optional<std::uint64_t> epoch = std::nullopt) = 0;

    /// Counts how often queued records have been lost. A caller that has seen the outcome of all
    /// its records reads the epoch and passes it along with the records that follow.
    [[nodiscard]] virtual std::uint64_t epoch() = 0;

    /// Waits at most `timeout` until no record is queued; false if some still are.
    virtual bool flush(std::chrono::milliseconds timeout) = 0;

    /// Drops every queued record; each one's `done` gets ErrorCode::unavailable.
    virtual void purge() = 0;

    /// Creates a member of a consumer group, which must not outlive the log. It joins the group in
    /// its first poll(). Errors: invalid (an option that the client rejects).
    [[nodiscard]] virtual Result<std::unique_ptr<LogConsumer>> consume(
        LogConsumerOptions options) = 0;

    /// The existing topics among those of `event_types`, with their settings. Also prepares them
    /// for produce(), so that the first record of each need not wait for metadata. Errors:
    /// unavailable.
    [[nodiscard]] virtual Result<std::vector<TopicState>> topics(
        const std::vector<std::string>& event_types) = 0;

    /// Makes the changes of a plan (see topics.hpp) and returns one result per change; a change
    /// that fails does not stop the others. A topic counts as created when the broker lists it,
    /// for which it waits up to a minute (up to 15 seconds for brokers that have just started).
    /// Errors per change: conflict (somebody else has created the topic meanwhile), invalid (the
    /// broker rejects the change), unavailable (not confirmed in time; the topic may appear later).
    [[nodiscard]] virtual Result<std::vector<TopicResult>> apply(
        const std::vector<TopicChange>& changes) = 0;

    /// The state of the log as it was last observed. Does not wait for a broker.
    [[nodiscard]] virtual LogHealth health() = 0;
};

}  // namespace quipu
