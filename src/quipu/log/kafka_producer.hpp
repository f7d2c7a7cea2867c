#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/log/kafka_client.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// The idempotent producer, and a thread that serves it. When librdkafka gives it up (a fatal
/// error), or its queue is given up, a new one takes its place. Thread-safe.
class Producer final : private ClientEvents {
  public:
    using Done = TopicLog::Done;

    [[nodiscard]] static Result<std::unique_ptr<Producer>> open(
        std::shared_ptr<const Config> config, std::shared_ptr<Health> health);
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
    /// A record that librdkafka has, until its fate is known.
    struct Pending {
        std::string event_type;
        std::string value;
        Done done;
    };
    /// What librdkafka copies of a record when it takes it.
    struct Outgoing {
        std::string topic;
        std::optional<std::string> key;
        Headers headers;
        Time timestamp;
    };

    Producer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health);
    [[nodiscard]] Result<Client> make_client(bool single);
    /// Gives it to librdkafka; 0 when it took the record.
    [[nodiscard]] static rd_kafka_resp_err_t send(rd_kafka_t* client, Outgoing& outgoing,
                                                  Pending& pending);
    void delivered(const rd_kafka_message_t& message) override;
    void failed(rd_kafka_resp_err_t code) override;
    void report(const Pending& pending, const Error& error);
    void clear_trouble(const std::string& type);
    void run();
    /// Polls: delivery reports come within it.
    void serve();
    void answer_rejected();
    void give_up();
    void renew();

    const std::shared_ptr<const Config> config_;
    const std::shared_ptr<Health> health_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Client> client_;                  ///< replaced by the thread only
    std::vector<std::pair<Done, Error>> rejected_;  ///< what librdkafka did not take
    std::int64_t outstanding_ = 0;                  ///< records whose `done` has not run
    std::uint64_t renewals_ = 0;
    std::uint64_t losses_ = 0;  ///< renewals that gave up records
    bool renew_ = false;        ///< this client takes nothing more
    bool quiet_ = false;        ///< it had nothing left: callers may wait for the next one
    bool single_ = false;       ///< batches of one record, to tell which one is too large
    bool single_next_ = false;
    Clock::time_point single_since_{};
    bool closed_ = false;
    std::set<std::string> expected_;  ///< event types whose topics are kept ready
    std::set<std::string> troubled_;  ///< event types with a problem in health
    std::atomic<bool> any_trouble_ = false;
    std::int64_t answered_ = 0;  ///< delivery reports of this poll; the thread's own
    std::thread thread_;
};

}  // namespace quipu::kafka
