// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/producer_topic.hpp"

#include <utility>

namespace quipu::kafka {
namespace {

// Far less than the day after which brokers forget a producer, and rare enough to cost nothing.
constexpr auto open_for = std::chrono::hours(1);
constexpr std::size_t whole_topic = 0;

}  // namespace

void ProducerTopic::reset(const Partitioner& partitioner) {
    partitioner_ = &partitioner;
    partitions_ = 0;
    announced_ = false;
    handle = nullptr;
    gates_.clear();
}

std::int32_t ProducerTopic::partition(const rd_kafka_topic_t* topic, const void* key,
                                      std::size_t size, std::int32_t count, void* partitioner,
                                      void* message) noexcept {
    static_cast<PendingRecord*>(message)->topic->partitions_.store(count,
                                                                   std::memory_order_relaxed);
    return static_cast<const Partitioner*>(partitioner)->choose(topic, key, size, count);
}

ProducerTopic::Gate& ProducerTopic::gate(std::size_t at) {
    if (gates_.size() <= at) gates_.resize(at + 1);
    return gates_[at];
}

std::size_t ProducerTopic::gate_of(const PendingRecord& pending) {
    const std::int32_t count = partitions_.load(std::memory_order_relaxed);
    if (count == 0) return whole_topic;
    return 1 + static_cast<std::size_t>(partitioner_->expect(*pending.key, count));
}

void ProducerTopic::enter(std::size_t at, PendingRecord& pending, Clock::time_point now) {
    Gate& entered = gate(at);
    pending.gate = at;
    if (now >= entered.open_until) entered.opening = pending.opens_gate = true;
}

bool ProducerTopic::admit(PendingRecord& pending, Clock::time_point now) {
    // Records without a key have no order, so this one need not wait.
    if (!pending.key || !partitioner_->by_key()) return true;
    pending.gate = gate(whole_topic).busy() ? whole_topic : gate_of(pending);
    if (gate(pending.gate).busy()) return false;
    enter(pending.gate, pending, now);
    return true;
}

void ProducerTopic::withdraw(PendingRecord& pending) {
    if (std::exchange(pending.opens_gate, false)) gate(pending.gate).opening = false;
}

void ProducerTopic::defer(std::unique_ptr<PendingRecord> pending) {
    gate(pending->gate).deferred.push_back(std::move(pending));
}

void ProducerTopic::answered(const PendingRecord& pending, std::optional<std::int32_t> partition,
                             Clock::time_point now) {
    if (!pending.opens_gate) return;
    gate(pending.gate).opening = false;
    if (partition) gate(1 + static_cast<std::size_t>(*partition)).open_until = now + open_for;
}

bool ProducerTopic::send_deferred(const Send& send, Clock::time_point now) {
    for (std::size_t at = 0; at < gates_.size(); ++at) {
        while (!gates_[at].opening && !gates_[at].deferred.empty()) {
            std::unique_ptr<PendingRecord> pending = std::move(gates_[at].deferred.front());
            gates_[at].deferred.pop_front();
            const std::size_t to = at == whole_topic ? gate_of(*pending) : at;
            if (to != at && gate(to).busy()) {
                pending->gate = to;
                gate(to).deferred.push_back(std::move(pending));
                continue;
            }
            PendingRecord& sent = *pending;
            enter(to, sent, now);
            const bool opens = sent.opens_gate;
            const Sent result = send(pending);
            if (result == Sent::taken) continue;
            if (opens) gate(to).opening = false;
            if (result == Sent::refused) continue;
            pending->opens_gate = false;
            gates_[at].deferred.push_front(std::move(pending));
            return false;
        }
    }
    return true;
}

std::vector<std::unique_ptr<PendingRecord>> ProducerTopic::take_deferred() {
    std::vector<std::unique_ptr<PendingRecord>> all;
    for (Gate& gate : gates_) {
        for (auto& pending : gate.deferred) all.push_back(std::move(pending));
        gate.deferred.clear();
    }
    return all;
}

}  // namespace quipu::kafka
