// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "quipu/base/mutex.hpp"
#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/pending_record.hpp"
#include "quipu/log/kafka/producer_topic.hpp"
#include "quipu/log/kafka/reclaim_queue.hpp"
#include "quipu/log/kafka/stall_detector.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// The idempotent producer, and a thread that serves it. A new librdkafka client replaces the
/// current one after a fatal error, when the queue is purged, and when the client has been stalled
/// for `patience` although brokers answer. Thread-safe.
class Producer final : private ClientEvents {
  public:
    using Done = TopicLog::Done;

    /// Errors: those of Client::create.
    [[nodiscard]] static Result<std::unique_ptr<Producer>> open(
        std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
        std::chrono::milliseconds patience = std::chrono::seconds(30));
    /// Purges the queue, which fails queued records as unavailable, and waits at most 30 seconds.
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    /// As TopicLog::produce, epoch, flush and purge.
    void produce(LogRecord record, Done done, std::optional<std::uint64_t> epoch = std::nullopt)
        QUIPU_EXCLUDES(mutex_);
    [[nodiscard]] std::uint64_t epoch() const QUIPU_EXCLUDES(mutex_);
    bool flush(std::chrono::milliseconds timeout) QUIPU_EXCLUDES(mutex_);
    void purge() QUIPU_EXCLUDES(mutex_);
    /// Prepares the topics of these types, now and after each replacement of the client.
    void expect(const std::vector<std::string>& event_types) QUIPU_EXCLUDES(mutex_);
    /// The number of records whose `done` has not been called.
    [[nodiscard]] std::int64_t queued() const QUIPU_EXCLUDES(mutex_);
    /// For tests: simulates a fatal error of librdkafka.
    void fail_for_test() QUIPU_EXCLUDES(mutex_);

  private:
    using Clock = std::chrono::steady_clock;

    enum class State {
        accepting,
        replacing,         ///< the client accepts nothing more; its queued records are lost
        replacing_single,  ///< as replacing, and the next client sends batches of one record
        replacing_idle,    ///< the client has nothing queued: callers wait for the next one
        closed,
    };
    enum class Batching {
        many,    ///< as configured
        single,  ///< one record per batch, which shows the record that a broker rejects
    };
    /// A record that librdkafka did not accept.
    struct Rejected {
        const ProducerTopic* topic;
        Done done;
        std::int64_t since;
        Error error;
    };

    Producer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
             std::chrono::milliseconds patience);
    [[nodiscard]] Result<Client> make_client(Batching batching) QUIPU_EXCLUDES(mutex_);

    // Parts of produce(), called on any thread.
    [[nodiscard]] ProducerTopic& topic(const std::string& event_type) QUIPU_REQUIRES(mutex_);
    /// Sends or defers a record and takes it from the caller; otherwise returns the reason.
    [[nodiscard]] rd_kafka_resp_err_t offer(std::unique_ptr<PendingRecord>& pending)
        QUIPU_REQUIRES(mutex_);
    [[nodiscard]] rd_kafka_resp_err_t send(std::unique_ptr<PendingRecord>& pending)
        QUIPU_REQUIRES(mutex_);
    /// Passes a record to the producer's thread, which calls its `done` with the error.
    void reject(std::unique_ptr<PendingRecord> pending, rd_kafka_resp_err_t code)
        QUIPU_REQUIRES(mutex_);
    void begin_replacing(State how) QUIPU_REQUIRES(mutex_);
    /// The error of a record, or unavailable if it must count as lost.
    [[nodiscard]] static rd_kafka_resp_err_t classify(rd_kafka_resp_err_t code,
                                                      const ProducerTopic& topic);

    // Functions of the producer's thread, which alone replaces the client.
    void run() QUIPU_EXCLUDES(mutex_);
    /// Polls for delivery reports and handles them.
    void serve(Client& client) QUIPU_EXCLUDES(mutex_);
    void delivered(const rd_kafka_message_t& message, ReclaimQueue::Batch& batch)
        QUIPU_EXCLUDES(mutex_);
    /// The error for the caller of a record that was not delivered.
    [[nodiscard]] Error settle_failure(const PendingRecord& pending, rd_kafka_resp_err_t code)
        QUIPU_EXCLUDES(mutex_);
    void failed(rd_kafka_resp_err_t code) override QUIPU_EXCLUDES(mutex_);
    void report_problem(const std::string& event_type, const Error& error) QUIPU_EXCLUDES(mutex_);
    void clear_problem(const std::string& event_type) QUIPU_EXCLUDES(mutex_);
    void answer_rejected() QUIPU_EXCLUDES(mutex_);
    void send_deferred() QUIPU_EXCLUDES(mutex_);
    void reject_deferred() QUIPU_EXCLUDES(mutex_);
    void check_for_stall() QUIPU_EXCLUDES(mutex_);
    /// Fails all queued records and waits at most 30 seconds for their reports.
    void discard_queue(Client& client) QUIPU_EXCLUDES(mutex_);
    /// The new client; null if the producer was closed meanwhile.
    [[nodiscard]] Client* replace_client(Client& old) QUIPU_EXCLUDES(mutex_);

    const std::shared_ptr<const Config> config_;
    const std::shared_ptr<Health> health_;
    /// Delivery reports of this poll by the age of their records. Used by the producer's thread
    /// only.
    std::map<std::int64_t, std::int64_t> answered_;

    mutable Mutex mutex_;
    Condition changed_;
    State state_ QUIPU_GUARDED_BY(mutex_) = State::accepting;
    std::optional<Client> client_ QUIPU_GUARDED_BY(mutex_);
    Batching batching_ QUIPU_GUARDED_BY(mutex_) = Batching::many;  ///< of the current client
    Clock::time_point single_since_ QUIPU_GUARDED_BY(mutex_){};
    const Partitioner* partitioner_ QUIPU_GUARDED_BY(mutex_) = nullptr;
    /// By event type. Never erased, so that a pending record may point to its topic.
    std::map<std::string, ProducerTopic, std::less<>> topics_ QUIPU_GUARDED_BY(mutex_);
    std::vector<Rejected> rejected_ QUIPU_GUARDED_BY(mutex_);
    std::int64_t deferred_ QUIPU_GUARDED_BY(mutex_) = 0;  ///< deferred records of all topics
    std::int64_t deferred_bytes_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::int64_t max_queued_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::int64_t max_queued_bytes_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::int64_t outstanding_ QUIPU_GUARDED_BY(mutex_) = 0;  ///< records awaiting their `done`
    StallDetector stall_detector_ QUIPU_GUARDED_BY(mutex_);
    std::uint64_t replacements_ QUIPU_GUARDED_BY(mutex_) = 0;
    std::uint64_t losses_ QUIPU_GUARDED_BY(mutex_) = 0;  ///< replacements that lost records
    ReclaimQueue reclaim_queue_ QUIPU_GUARDED_BY(mutex_);
    /// Event types that have a problem in `health_`.
    std::set<std::string> types_with_problems_ QUIPU_GUARDED_BY(mutex_);
    std::atomic<bool> any_problems_ = false;

    std::thread thread_;
};

}  // namespace quipu::kafka
