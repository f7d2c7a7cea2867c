// SPDX-License-Identifier: Apache-2.0
// How records get from produce() to librdkafka.
#include <array>
#include <utility>

#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/producer.hpp"

namespace quipu::kafka {
namespace {

// How long a caller waits at once for room in the queue.
constexpr auto full_wait = std::chrono::milliseconds(50);

Headers make_headers(const RecordHeaders& headers) {
    if (headers.empty()) {
        return nullptr;
    }
    Headers made(rd_kafka_headers_new(headers.size()));
    for (const auto& [name, value] : headers) {
        rd_kafka_header_add(made.get(), name.data(), static_cast<ssize_t>(name.size()),
                            value.data(), static_cast<ssize_t>(value.size()));
    }
    return made;
}

/// About; librdkafka's headers take three times their bytes.
std::size_t cost(const PendingRecord& pending, std::size_t header_bytes) {
    return sizeof pending + pending.value.capacity() + (pending.key ? pending.key->capacity() : 0) +
           3 * header_bytes;
}

/// librdkafka's list of arguments for one record.
class Arguments {
  public:
    rd_kafka_vu_t& add(rd_kafka_vtype_t type) {
        rd_kafka_vu_t& argument = values_[count_++];
        argument.vtype = type;
        return argument;
    }
    void add(rd_kafka_vtype_t type, std::string& bytes) {
        auto& argument = add(type);
        argument.u.mem.ptr = bytes.data();
        argument.u.mem.size = bytes.size();
    }
    [[nodiscard]] const rd_kafka_vu_t* data() const noexcept { return values_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return count_; }

  private:
    std::array<rd_kafka_vu_t, 6> values_{};
    std::size_t count_ = 0;
};

}  // namespace

rd_kafka_resp_err_t Producer::send(std::unique_ptr<PendingRecord>& pending) {
    ProducerTopic& target = *pending->topic;
    if (target.handle == nullptr) {
        target.handle = client_->keep_topic(target.topic());
        if (target.handle == nullptr) {
            return rd_kafka_last_error();
        }
    }
    Arguments arguments;
    arguments.add(RD_KAFKA_VTYPE_RKT).u.rkt = target.handle;
    // Neither copied nor freed by librdkafka: it stays where it is until the delivery report.
    arguments.add(RD_KAFKA_VTYPE_VALUE, pending->value);
    arguments.add(RD_KAFKA_VTYPE_OPAQUE).u.ptr = pending.get();
    if (pending->key) {
        arguments.add(RD_KAFKA_VTYPE_KEY, *pending->key);
    }
    if (pending->headers != nullptr) {
        arguments.add(RD_KAFKA_VTYPE_HEADERS).u.headers = pending->headers.get();
    }
    if (pending->timestamp != Time{}) {
        arguments.add(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 =
            std::chrono::duration_cast<std::chrono::milliseconds>(
                pending->timestamp.time_since_epoch())
                .count();
    }
    // It may be answered for, and gone, before this returns.
    PendingRecord* const sent = pending.release();
    rd_kafka_headers_t* const headers = sent->headers.release();
    const ErrorHandle failure(
        rd_kafka_produceva(client_->get(), arguments.data(), arguments.size()));
    if (failure != nullptr) {
        pending.reset(sent);
        pending->headers.reset(headers);
        return rd_kafka_error_code(failure.get());
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t Producer::offer(std::unique_ptr<PendingRecord>& pending) {
    ProducerTopic& target = *pending->topic;
    if (target.admit(*pending, Clock::now())) {
        const auto code = send(pending);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            target.withdraw(*pending);
        }
        return code;
    }
    // What is held counts as queued.
    if (outstanding_ >= max_queued_ || held_bytes_ >= max_queued_bytes_) {
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    }
    ++held_;
    held_bytes_ += static_cast<std::int64_t>(pending->value.size());
    target.hold(std::move(pending));
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void Producer::produce(LogRecord record, Done done, std::optional<std::uint64_t> epoch) {
    auto pending = std::make_unique<PendingRecord>(
        PendingRecord{nullptr, std::move(record.value), std::move(done), std::move(record.key),
                      make_headers(record.headers), record.timestamp});
    pending->cost = cost(*pending, record.headers.bytes().size());
    std::unique_lock lock(mutex_);
    reclaim_queue_.free_batch(lock);
    pending->topic = &target(record.place.partition.event_type);
    pending->since = stall_detector_.enter();
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
    std::uint64_t began = renewals_;
    while (true) {
        if (renew_ && quiet_) {
            changed_.wait(lock, [&] { return !renew_ || closed_; });
            began = renewals_;
        }
        // What was called before a renewal belongs behind records that have failed.
        if (closed_ || renew_ || renewals_ != began || epoch.value_or(losses_) != losses_) {
            break;
        }
        code = offer(pending);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ++outstanding_;
            return;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            renew_ = renew_ || code == RD_KAFKA_RESP_ERR__FATAL;
            break;
        }
        code = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
        if (reclaim_queue_.free_batch(lock)) {
            changed_.notify_all();  // there is room for others that wait, too
        } else {
            changed_.wait_for(lock, full_wait);
        }
    }
    if (!closed_) {
        ++outstanding_;
        reject(std::move(pending), code);
        return;
    }
    stall_detector_.leave(pending->since);
    lock.unlock();
    pending->done(std::unexpected(
        produce_error(code, pending->topic->event_type(), pending->topic->topic())));
}

void Producer::reject(std::unique_ptr<PendingRecord> pending, rd_kafka_resp_err_t code) {
    const ProducerTopic& target = *pending->topic;
    const rd_kafka_resp_err_t judged = judge(code, target);
    renew_ = renew_ || judged != code;
    // On the log's thread like every other: a caller may hold a lock that its `done` takes.
    rejected_.push_back({&target, std::move(pending->done), pending->since,
                         produce_error(judged, target.event_type(), target.topic())});
}

void Producer::release_held() {
    const std::scoped_lock lock(mutex_);
    if (held_ == 0 || renew_) {
        return;
    }
    const auto let_go = [&](std::unique_ptr<PendingRecord>& pending) {
        // What stands behind a lost record waits for the next client.
        if (renew_) {
            return ProducerTopic::Sent::full;
        }
        const auto size = static_cast<std::int64_t>(pending->value.size());
        const auto code = send(pending);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return ProducerTopic::Sent::full;
        }
        --held_;
        held_bytes_ -= size;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return ProducerTopic::Sent::taken;
        }
        renew_ = renew_ || code == RD_KAFKA_RESP_ERR__FATAL;
        reject(std::move(pending), code);
        return ProducerTopic::Sent::refused;
    };
    for (auto& [type, target] : targets_) {
        if (!target.release(let_go, Clock::now())) {
            return;
        }
    }
}

void Producer::reject_held() {
    const std::scoped_lock lock(mutex_);
    for (auto& [type, target] : targets_) {
        for (auto& pending : target.give_back()) {
            reject(std::move(pending), RD_KAFKA_RESP_ERR__PURGE_QUEUE);
        }
    }
    held_ = held_bytes_ = 0;
}

}  // namespace quipu::kafka
