// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/partitioner.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

class ProducerTopic;

/// A record between produce() and its `done`.
struct PendingRecord {
    ProducerTopic* topic;
    std::string value;
    TopicLog::Done done;
    std::optional<std::string> key;
    Headers headers;
    Time timestamp;
    std::size_t cost = 0;    ///< about what it takes of memory, in bytes
    std::int64_t since = 0;  ///< StallDetector's measure of its age
    std::size_t gate = 0;
    bool opens = false;  ///< what comes behind it waits for its acknowledgement
};

/// A topic as one producer writes it, and what it must hold back.
///
/// A broker that does not know a producer in a partition takes any sequence number from it
/// (`checkSequence` of Kafka's ProducerAppendInfo). When it refuses the producer's first batch for
/// a moment, as while a leader moves, it may store the second, which is on its way already, and
/// then never the first; and librdkafka takes the second's acknowledgement for the first's, too. So
/// the first keyed record of a partition goes alone, and the rest is held until it is acknowledged.
/// From then on the broker refuses gaps. It forgets a producer that was silent for
/// `producer.id.expiration.ms` (a day), so a partition stays open for a limited time only.
///
/// Not thread-safe, but for partition(): the producer's lock guards it.
class ProducerTopic {
  public:
    using Clock = std::chrono::steady_clock;
    enum class Sent { taken, full, refused };
    /// Gives a record to librdkafka and, unless it is full, takes it from the caller.
    using Send = std::function<Sent(std::unique_ptr<PendingRecord>&)>;

    ProducerTopic(std::string event_type, std::string topic)
        : event_type_(std::move(event_type)), topic_(std::move(topic)) {}

    [[nodiscard]] const std::string& event_type() const noexcept { return event_type_; }
    [[nodiscard]] const std::string& topic() const noexcept { return topic_; }

    /// Whether the topic was there since the present client began; any thread.
    [[nodiscard]] bool known() const noexcept {
        return announced_.load(std::memory_order_relaxed) ||
               partitions_.load(std::memory_order_relaxed) > 0;
    }
    /// Somebody has seen it.
    void announce() noexcept { announced_.store(true, std::memory_order_relaxed); }
    /// For each new client: nothing is open, or known.
    void begin(const Partitioner& partitioner);
    /// librdkafka's callback: its message's opaque is a PendingRecord. Learns how many partitions
    /// there are.
    static std::int32_t partition(const rd_kafka_topic_t* topic, const void* key, std::size_t size,
                                  std::int32_t count, void* partitioner, void* message) noexcept;

    /// Whether a new record may be sent now; marks it if others have to wait for it.
    [[nodiscard]] bool admit(PendingRecord& pending, Clock::time_point now);
    /// It was not sent after all.
    void withdraw(PendingRecord& pending);
    void hold(std::unique_ptr<PendingRecord> pending);
    /// The broker has answered for a record.
    void answered(const PendingRecord& pending, std::optional<std::int32_t> partition,
                  Clock::time_point now);
    /// Sends what was held and need not be any longer; false when librdkafka was full.
    [[nodiscard]] bool release(const Send& send, Clock::time_point now);
    /// Everything that is held, in its order.
    [[nodiscard]] std::vector<std::unique_ptr<PendingRecord>> give_back();

    rd_kafka_topic_t* handle = nullptr;  ///< the present client's
    bool expected = false;               ///< to be ready before its first record

  private:
    struct Gate {
        bool opening = false;
        Clock::time_point open_until{};
        std::deque<std::unique_ptr<PendingRecord>> held;
        [[nodiscard]] bool busy() const { return opening || !held.empty(); }
    };
    [[nodiscard]] std::size_t gate_of(const PendingRecord& pending);
    [[nodiscard]] Gate& gate(std::size_t at);
    void enter(std::size_t at, PendingRecord& pending, Clock::time_point now);

    const std::string event_type_;
    const std::string topic_;
    const Partitioner* partitioner_ = nullptr;
    std::atomic<std::int32_t> partitions_ = 0;  ///< 0: not known yet
    std::atomic<bool> announced_ = false;
    /// The first is for the whole topic while its partitions are not known.
    std::deque<Gate> gates_;
};

}  // namespace quipu::kafka
