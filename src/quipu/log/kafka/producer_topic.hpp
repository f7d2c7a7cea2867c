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
#include <utility>
#include <vector>

#include "quipu/log/kafka/handles.hpp"
#include "quipu/log/kafka/partitioner.hpp"
#include "quipu/log/kafka/pending_record.hpp"

namespace quipu::kafka {

/// A topic of one producer, with the records that must be deferred to keep the order of keys.
///
/// A broker that does not know a producer in a partition accepts any sequence number from it
/// (`checkSequence` of Kafka's ProducerAppendInfo). If it rejects the producer's first batch for a
/// moment, for example while a leader moves, it may store the second one, which is already on its
/// way, and then never the first; librdkafka takes the second one's acknowledgement for both.
/// Therefore the first keyed record of a partition is sent alone, and the records behind it are
/// deferred until it is acknowledged. From then on the broker rejects gaps. It forgets a producer
/// after `producer.id.expiration.ms` (a day) without records, so a gate stays open for a limited
/// time only.
///
/// Guarded by the producer's lock, except for partition(), known() and announce().
class ProducerTopic {
  public:
    using Clock = std::chrono::steady_clock;
    enum class Sent { taken, queue_full, refused };
    /// Passes a record to librdkafka, and takes it from the caller unless the queue is full.
    using Send = std::function<Sent(std::unique_ptr<PendingRecord>&)>;

    ProducerTopic(std::string event_type, std::string topic)
        : event_type_(std::move(event_type)), topic_(std::move(topic)) {}

    [[nodiscard]] const std::string& event_type() const noexcept { return event_type_; }
    [[nodiscard]] const std::string& topic() const noexcept { return topic_; }

    /// Whether the topic has been seen since the current client was created. Thread-safe.
    [[nodiscard]] bool known() const noexcept {
        return announced_.load(std::memory_order_relaxed) ||
               partitions_.load(std::memory_order_relaxed) > 0;
    }
    /// Notes that the topic exists. Thread-safe.
    void announce() noexcept { announced_.store(true, std::memory_order_relaxed); }
    /// Resets the object for a new client: all gates are closed, and nothing is known.
    void reset(const Partitioner& partitioner);
    /// librdkafka's partitioner callback; the opaque of its message is a PendingRecord. Notes the
    /// number of partitions. Thread-safe.
    static std::int32_t partition(const rd_kafka_topic_t* topic, const void* key, std::size_t size,
                                  std::int32_t count, void* partitioner, void* message) noexcept;

    /// Whether a new record may be sent now. Marks the record if others must wait for it.
    [[nodiscard]] bool admit(PendingRecord& pending, Clock::time_point now);
    /// Reverses admit() for a record that was not sent.
    void withdraw(PendingRecord& pending);
    /// Defers a record that admit() did not admit.
    void defer(std::unique_ptr<PendingRecord> pending);
    /// Handles the broker's response for a record, with its partition if it was stored.
    void answered(const PendingRecord& pending, std::optional<std::int32_t> partition,
                  Clock::time_point now);
    /// Sends deferred records whose gate is open. False if librdkafka's queue was full.
    [[nodiscard]] bool send_deferred(const Send& send, Clock::time_point now);
    /// Removes and returns all deferred records, in order.
    [[nodiscard]] std::vector<std::unique_ptr<PendingRecord>> take_deferred();

    rd_kafka_topic_t* handle = nullptr;  ///< of the current client
    bool expected = false;               ///< prepare it before its first record

  private:
    /// Controls the first record of one partition.
    struct Gate {
        bool opening = false;  ///< its first record has been sent
        Clock::time_point open_until{};
        std::deque<std::unique_ptr<PendingRecord>> deferred;
        [[nodiscard]] bool busy() const { return opening || !deferred.empty(); }
    };
    [[nodiscard]] std::size_t gate_of(const PendingRecord& pending);
    [[nodiscard]] Gate& gate(std::size_t at);
    void enter(std::size_t at, PendingRecord& pending, Clock::time_point now);

    const std::string event_type_;
    const std::string topic_;
    const Partitioner* partitioner_ = nullptr;
    std::atomic<std::int32_t> partitions_ = 0;  ///< 0: unknown
    std::atomic<bool> announced_ = false;
    /// While the number of partitions is unknown, the first gate is that of the whole topic.
    std::deque<Gate> gates_;
};

}  // namespace quipu::kafka
