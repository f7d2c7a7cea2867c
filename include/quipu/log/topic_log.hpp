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
    std::string group = {};
    std::vector<std::string> event_types = {};
    bool from_earliest = true;  ///< where the group has no committed offset yet
    /// Static membership: a member that returns under this name within the session timeout gets its
    /// partitions back without a rebalance. Unique in the group; empty for a dynamic member.
    std::string member = {};
    /// Called on the calling thread when partitions come, within poll(), and go, within poll() and
    /// close(). `revoked` returns when nothing of these partitions is being worked on any more, or
    /// when it will wait no longer; their finished offsets are then committed. With `lost`, another
    /// member may have them already.
    std::function<void(const std::vector<LogPartition>&)> assigned = {};
    std::function<void(const std::vector<LogPartition>&, bool lost)> revoked = {};
};

/// How far a member has come in a partition that is assigned to it.
struct LogProgress {
    LogPartition partition;
    std::int64_t given = 0;  ///< poll() has given all that the log has before this offset
    std::int64_t end = 0;    ///< the offset of the next record that is written
};

/// One member of one consumer group. finished() may be called from any thread; all others
/// belong to one.
class LogConsumer {
  public:
    virtual ~LogConsumer() = default;

    /// Waits up to `timeout` for records and gives at most `limit`, in order within a partition.
    /// Must be called at least every few seconds, paused or not, or the group takes the partitions
    /// away. A record is given once per assignment. After an error poll() can be called again.
    /// Errors: unavailable (no broker answers), not_found (a topic is missing), invalid
    /// (credentials, access rules, configuration), conflict (another member uses this one's name:
    /// this one is out for good).
    [[nodiscard]] virtual Result<std::vector<ReceivedRecord>> poll(
        std::chrono::milliseconds timeout, std::size_t limit) = 0;

    /// While paused, poll() gives nothing new and keeps the membership alive.
    virtual void pause(bool paused) = 0;

    /// Says that the effects of the record at this place are stored. Committed is, per partition,
    /// the offset up to which every record that poll() gave is finished: never past unfinished
    /// work.
    virtual void finished(const LogPartition& partition, std::int64_t offset) = 0;

    /// Commits, leaves the group and ends; revoked() is called for what was assigned. poll() must
    /// not be called any more.
    virtual void close() = 0;

    /// Whether poll() has given everything that the assigned partitions had when they were last
    /// asked; true for a member without partitions. False until the group has assigned them.
    [[nodiscard]] virtual bool at_end() = 0;

    /// The assigned partitions. Asks the broker for their ends, and waits a few seconds at most.
    /// Errors: unavailable, not_found (a topic is missing).
    [[nodiscard]] virtual Result<std::vector<LogProgress>> progress() = 0;

    /// The partition that this program's log chooses for a key, as of the last progress(). None
    /// where it is not known, or does not go by the key alone.
    [[nodiscard]] virtual std::optional<LogPartition> partition_of(const std::string& event_type,
                                                                   const std::string& key) = 0;

    /// Records in the assigned partitions beyond the committed offsets; -1 when not known yet.
    [[nodiscard]] virtual std::int64_t lag() = 0;
};

/// Facts about a log, for `doctor` and readiness.
struct LogHealth {
    std::string engine;    ///< e.g. "librdkafka 2.0.2"
    std::string location;  ///< the brokers, without credentials
    bool reachable = false;
    std::string problem;      ///< what does not work and what to try; empty when all is well
    std::int64_t queued = 0;  ///< records that wait for the broker's acknowledgement
};

/// A log with topics beside the store: Kafka. All functions are thread-safe.
class TopicLog {
  public:
    using Done = std::function<void(Result<LogPlace>)>;

    virtual ~TopicLog() = default;

    /// Queues a record. `done` runs once, on a thread of the log, when all
    /// in-sync replicas have it or it cannot be delivered; it must be short, must not wait and must
    /// not call the log. Records of one key reach the log in the order of their calls. Blocks while
    /// the queue is full. A broker that is away is waited for, without limit; brokers that answer
    /// and acknowledge nothing for half a minute or more make it unavailable. Errors: limit (too
    /// large for the broker), not_found (no such topic, or not allowed to write to it), invalid
    /// (the broker takes no such record); unavailable: the record may or may not be in the log, and
    /// so may those queued after it, which get unavailable as well; send all of them again in
    /// order. With an `epoch`, a record that comes after such a loss is refused in the same way:
    /// its caller did not know yet that it belongs behind records that were lost.
    virtual void produce(LogRecord record, Done done,
                         std::optional<std::uint64_t> epoch = std::nullopt) = 0;

    /// How often queued records were lost so far. To be asked when everything before has been
    /// answered for; it then holds for the records that follow.
    [[nodiscard]] virtual std::uint64_t epoch() = 0;

    /// Waits until nothing is queued any more, at most `timeout`; false if something is left.
    virtual bool flush(std::chrono::milliseconds timeout) = 0;

    /// Gives up on what is queued: each record's `done` gets ErrorCode::unavailable.
    virtual void purge() = 0;

    [[nodiscard]] virtual Result<std::unique_ptr<LogConsumer>> consume(
        LogConsumerOptions options) = 0;

    /// The topics of these event types that exist, with their settings. Makes them ready for
    /// produce(), so that the first record of each need not wait.
    [[nodiscard]] virtual Result<std::vector<TopicState>> topics(
        const std::vector<std::string>& event_types) = 0;

    /// Does what a plan says (topics.hpp). Stops at nothing: the answer has one entry per change. A
    /// topic whose creation went well is listed by the broker that was asked last; up to a minute
    /// is waited for that, and a quarter of one for brokers that have just begun. Errors per
    /// change: conflict (somebody else made the topic meanwhile), invalid (the broker takes no such
    /// topic), unavailable (not in time; the topic may be there later).
    [[nodiscard]] virtual Result<std::vector<TopicResult>> apply(
        const std::vector<TopicChange>& changes) = 0;

    [[nodiscard]] virtual LogHealth health() = 0;
};

}  // namespace quipu
