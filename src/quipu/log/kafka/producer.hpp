// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/producer_topic.hpp"
#include "quipu/log/kafka/reclaim_queue.hpp"
#include "quipu/log/kafka/stall_detector.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// The idempotent producer, and a thread that serves it. When librdkafka gives it up (a fatal
/// error), its queue is given up, or it stands still for as long as `patience` while brokers
/// answer, a new one takes its place. Thread-safe.
class Producer final : private ClientEvents {
  public:
    using Done = TopicLog::Done;

    [[nodiscard]] static Result<std::unique_ptr<Producer>> open(
        std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
        std::chrono::milliseconds patience = std::chrono::seconds(30));
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    void produce(LogRecord record, Done done, std::optional<std::uint64_t> epoch = std::nullopt);
    [[nodiscard]] std::uint64_t epoch() const;
    /// Makes the topics of these types ready, now and after each renewal.
    void expect(const std::vector<std::string>& event_types);
    bool flush(std::chrono::milliseconds timeout);
    void purge();
    [[nodiscard]] std::int64_t queued() const;
    /// For tests: as if librdkafka had met an error that the producer does not survive.
    void fail_for_test();

  private:
    using Clock = std::chrono::steady_clock;
    /// What librdkafka did not take.
    struct Rejected {
        const ProducerTopic* topic;
        Done done;
        std::int64_t since;
        Error error;
    };

    Producer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
             std::chrono::milliseconds patience);
    [[nodiscard]] Result<Client> make_client(bool single);
    [[nodiscard]] ProducerTopic& target(const std::string& event_type);
    /// Gives it to librdkafka, or holds it; then it is taken from the caller. Else the reason.
    [[nodiscard]] rd_kafka_resp_err_t offer(std::unique_ptr<PendingRecord>& pending);
    [[nodiscard]] rd_kafka_resp_err_t send(std::unique_ptr<PendingRecord>& pending);
    /// Its `done` will run, on the producer's thread.
    void reject(std::unique_ptr<PendingRecord> pending, rd_kafka_resp_err_t code);
    /// The error of a record, or the loss that it must count as.
    [[nodiscard]] static rd_kafka_resp_err_t judge(rd_kafka_resp_err_t code,
                                                   const ProducerTopic& target);
    void release_held();
    void reject_held();
    void delivered(const rd_kafka_message_t& message, ReclaimQueue::Batch& batch);
    void failed(rd_kafka_resp_err_t code) override;
    void report(const std::string& event_type, const Error& error);
    void clear_trouble(const std::string& type);
    void run();
    /// Polls: delivery reports come within it.
    void serve();
    void answer_rejected();
    void watch();
    void give_up();
    void renew();

    const std::shared_ptr<const Config> config_;
    const std::shared_ptr<Health> health_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Client> client_;  ///< replaced by the thread only
    const Partitioner* partitioner_ = nullptr;
    std::map<std::string, ProducerTopic, std::less<>> targets_;  ///< by event type
    std::vector<Rejected> rejected_;
    std::int64_t held_ = 0;  ///< records that targets hold back
    std::int64_t held_bytes_ = 0;
    std::int64_t max_queued_ = 0;
    std::int64_t max_queued_bytes_ = 0;
    std::int64_t outstanding_ = 0;  ///< records whose `done` has not run
    StallDetector stall_detector_;
    std::uint64_t renewals_ = 0;
    std::uint64_t losses_ = 0;  ///< renewals that gave up records
    bool renew_ = false;        ///< this client takes nothing more
    bool quiet_ = false;        ///< it had nothing left: callers may wait for the next one
    bool single_ = false;       ///< batches of one record, to tell which one is too large
    bool single_next_ = false;
    Clock::time_point single_since_{};
    bool closed_ = false;
    std::set<std::string> troubled_;  ///< event types with a problem in health
    std::atomic<bool> any_trouble_ = false;
    /// Delivery reports of this poll, by when their records came; the thread's own.
    std::map<std::int64_t, std::int64_t> answered_;
    ReclaimQueue reclaim_queue_;
    std::thread thread_;
};

}  // namespace quipu::kafka
