// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/producer.hpp"

#include <utility>
#include <vector>

#include "quipu/log/kafka/errors.hpp"

namespace quipu::kafka {
namespace {

constexpr auto poll_wait = std::chrono::milliseconds(50);
constexpr std::size_t max_reports_per_poll = 64;
constexpr int purge_all = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT;
constexpr auto discard_timeout = std::chrono::seconds(30);
// How long batches of one record are sent after a broker has rejected a whole batch.
constexpr auto single_for = std::chrono::minutes(1);
// A caller that is producing now may not have learned yet that earlier records failed.
constexpr auto loss_fence = std::chrono::milliseconds(200);
// How long a caller waits for space in the queue before it checks again.
constexpr auto queue_full_wait = std::chrono::milliseconds(50);

}  // namespace

Producer::Producer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
                   std::chrono::milliseconds patience)
    : config_(std::move(config)),
      health_(std::move(health)),
      stall_detector_(patience, Clock::now()) {}

Result<std::unique_ptr<Producer>> Producer::open(std::shared_ptr<const Config> config,
                                                 std::shared_ptr<Health> health,
                                                 std::chrono::milliseconds patience) {
    std::unique_ptr<Producer> producer(
        new Producer(std::move(config), std::move(health), patience));
    auto client = producer->make_client(Batching::many);
    if (!client) {
        return std::unexpected(std::move(client.error()));
    }
    {
        const MutexLock lock(producer->mutex_);
        producer->client_.emplace(std::move(*client));
    }
    producer->thread_ = std::thread([raw = producer.get()] { raw->run(); });
    return producer;
}

Producer::~Producer() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const MutexLock lock(mutex_);
        state_ = State::closed;
    }
    changed_.notify_all();
    thread_.join();
}

Result<Client> Producer::make_client(Batching batching) {
    Conf conf = config_->make(Role::producer);
    if (batching == Batching::single) {
        rd_kafka_conf_set(conf.get(), "batch.num.messages", "1", nullptr, 0);
    }
    const Partitioner& partitioner = Partitioner::of(conf.get());
    // Not null, since topic settings have been set.
    rd_kafka_topic_conf_t* const topics = rd_kafka_conf_get_default_topic_conf(conf.get());
    rd_kafka_topic_conf_set_partitioner_cb(topics, ProducerTopic::partition);
    rd_kafka_topic_conf_set_opaque(topics, const_cast<Partitioner*>(&partitioner));
    const auto max_queued = number_of(conf.get(), "queue.buffering.max.messages");
    const auto max_kbytes = number_of(conf.get(), "queue.buffering.max.kbytes");
    auto client = Client::create(Role::producer, std::move(conf), health_, this);
    if (client) {
        const MutexLock lock(mutex_);
        max_queued_ = max_queued;
        max_queued_bytes_ = max_kbytes * 1024;
        for (auto& [type, topic] : topics_) {
            topic.reset(partitioner);
        }
        partitioner_ = &partitioner;
    }
    return client;
}

ProducerTopic& Producer::topic(const std::string& event_type) {
    const auto found = topics_.find(event_type);
    if (found != topics_.end()) {
        return found->second;
    }
    ProducerTopic& made =
        topics_
            .emplace(std::piecewise_construct, std::forward_as_tuple(event_type),
                     std::forward_as_tuple(event_type, config_->topic(event_type)))
            .first->second;
    made.reset(*partitioner_);
    return made;
}

void Producer::produce(LogRecord record, Done done, std::optional<std::uint64_t> epoch) {
    const std::string event_type = record.place.partition.event_type;
    auto pending = make_pending(std::move(record), std::move(done));
    MutexLock lock(mutex_);
    reclaim_queue_.free_batch(mutex_);
    pending->topic = &topic(event_type);
    pending->since = stall_detector_.enter();
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
    std::uint64_t began = replacements_;
    while (true) {
        if (state_ == State::replacing_idle) {
            changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) {
                return state_ == State::accepting || state_ == State::closed;
            });
            began = replacements_;
        }
        // A record of an earlier epoch belongs behind records that have failed.
        if (state_ != State::accepting || replacements_ != began ||
            epoch.value_or(losses_) != losses_) {
            break;
        }
        code = offer(pending);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ++outstanding_;
            return;
        }
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            if (code == RD_KAFKA_RESP_ERR__FATAL) {
                begin_replacing(State::replacing);
            }
            break;
        }
        code = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
        if (reclaim_queue_.free_batch(mutex_)) {
            changed_.notify_all();  // there may be space for other waiting callers, too
        } else {
            changed_.wait_for(mutex_, queue_full_wait);
        }
    }
    if (state_ != State::closed) {
        ++outstanding_;
        reject(std::move(pending), code);
        return;
    }
    stall_detector_.leave(pending->since);
    lock.unlock();
    pending->done(std::unexpected(
        produce_error(code, pending->topic->event_type(), pending->topic->topic())));
}

rd_kafka_resp_err_t Producer::offer(std::unique_ptr<PendingRecord>& pending) {
    ProducerTopic& topic = *pending->topic;
    if (topic.admit(*pending, Clock::now())) {
        const auto code = send(pending);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            topic.withdraw(*pending);
        }
        return code;
    }
    // Deferred records count as queued.
    if (outstanding_ >= max_queued_ || deferred_bytes_ >= max_queued_bytes_) {
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    }
    ++deferred_;
    deferred_bytes_ += static_cast<std::int64_t>(pending->value.size());
    topic.defer(std::move(pending));
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t Producer::send(std::unique_ptr<PendingRecord>& pending) {
    ProducerTopic& topic = *pending->topic;
    if (topic.handle == nullptr) {
        topic.handle = client_->keep_topic(topic.topic());
        if (topic.handle == nullptr) {
            return rd_kafka_last_error();
        }
    }
    return enqueue(client_->get(), topic.handle, pending);
}

void Producer::reject(std::unique_ptr<PendingRecord> pending, rd_kafka_resp_err_t code) {
    const ProducerTopic& topic = *pending->topic;
    const rd_kafka_resp_err_t classified = classify(code, topic);
    if (classified != code) {
        begin_replacing(State::replacing);
    }
    // Reported on the producer's thread like all others, because the caller may hold a lock that
    // `done` takes.
    rejected_.push_back({&topic, std::move(pending->done), pending->since,
                         produce_error(classified, topic.event_type(), topic.topic())});
}

void Producer::begin_replacing(State how) {
    if (state_ == State::accepting ||
        (state_ == State::replacing && how == State::replacing_single)) {
        state_ = how;
    }
}

/// A broker that has just started may not know a topic that was created shortly before. librdkafka
/// then treats the topic as deleted and fails everything queued for it. A new client, which has
/// never seen the topic, finds out whether it exists.
rd_kafka_resp_err_t Producer::classify(rd_kafka_resp_err_t code, const ProducerTopic& topic) {
    return is_not_found(code) && topic.known() ? RD_KAFKA_RESP_ERR__PURGE_QUEUE : code;
}

void Producer::run() {
    Client* client = nullptr;
    {
        const MutexLock lock(mutex_);
        client = &*client_;
    }
    while (client != nullptr) {
        serve(*client);
        send_deferred();
        answer_rejected();
        check_for_stall();
        State state{};
        {
            const MutexLock lock(mutex_);
            // While nothing is queued, returning from batches of one record costs nothing.
            if (batching_ == Batching::single && outstanding_ == 0 &&
                Clock::now() - single_since_ > single_for) {
                begin_replacing(State::replacing_idle);
            }
            state = state_;
        }
        if (state == State::closed) {
            discard_queue(*client);
            break;
        }
        if (state != State::accepting) {
            client = replace_client(*client);
        }
    }
    // Records rejected since the last pass; a closed producer accepts nothing more.
    answer_rejected();
}

void Producer::serve(Client& client) {
    std::vector<ReclaimQueue::Batch> batches;
    while (batches.size() < max_reports_per_poll) {
        EventHandle event = client.next_reports(batches.empty() ? poll_wait : poll_wait.zero());
        if (event == nullptr) {
            break;
        }
        ReclaimQueue::Batch& batch = batches.emplace_back();
        batch.records.reserve(rd_kafka_event_message_count(event.get()));
        while (const auto* message = rd_kafka_event_message_next(event.get())) {
            delivered(*message, batch);
        }
        batch.event = std::move(event);
    }
    {
        const MutexLock lock(mutex_);
        if (batches.empty()) {
            while (reclaim_queue_.free_batch(mutex_)) {
            }
            return;
        }
        // Once for all reports: notifying for each record would wake the callers each time.
        for (const auto& [since, count] : answered_) {
            outstanding_ -= count;
            stall_detector_.leave(since, count);
        }
        answered_.clear();
        for (ReclaimQueue::Batch& batch : batches) {
            reclaim_queue_.offer(batch);
        }
    }
    changed_.notify_all();
}

void Producer::delivered(const rd_kafka_message_t& message, ReclaimQueue::Batch& batch) {
    std::unique_ptr<PendingRecord> pending(static_cast<PendingRecord*>(message._private));
    ProducerTopic& topic = *pending->topic;
    rd_kafka_resp_err_t code = message.err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset < 0) {
        // librdkafka infers it from the acknowledgement of a later record; no broker has sent it.
        code = RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    }
    code = classify(code, topic);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (pending->opens_gate) {
            const MutexLock lock(mutex_);
            topic.answered(*pending, message.partition, Clock::now());
        }
        // Before `done` is called, since the caller's next record may raise the problem again.
        clear_problem(topic.event_type());
        pending->done(LogPlace{{topic.event_type(), message.partition}, message.offset});
    } else {
        Error error = settle_failure(*pending, code);
        if (!error.retryable()) {
            report_problem(topic.event_type(), error);
        }
        pending->done(std::unexpected(std::move(error)));
    }
    ++answered_[pending->since];
    // The caller's callback must not outlive its call.
    pending->done = nullptr;
    batch.bytes += pending->cost;
    batch.records.push_back(std::move(pending));
}

Error Producer::settle_failure(const PendingRecord& pending, rd_kafka_resp_err_t code) {
    ProducerTopic& topic = *pending.topic;
    Error error = produce_error(code, topic.event_type(), topic.topic());
    const MutexLock lock(mutex_);
    topic.answered(pending, std::nullopt, Clock::now());
    if (rejects_batch(code) && batching_ == Batching::many) {
        // The broker rejects a whole batch for one record, or for its total size. Sent again one by
        // one, only invalid records are rejected.
        begin_replacing(State::replacing_single);
        return {ErrorCode::unavailable,
                topic.event_type() + ": the broker rejected the batch of this record"};
    }
    if (error.retryable()) {
        // Records queued behind a lost record must not overtake it.
        begin_replacing(State::replacing);
    }
    return error;
}

void Producer::failed(rd_kafka_resp_err_t /*code*/) {
    const MutexLock lock(mutex_);
    begin_replacing(State::replacing);
}

void Producer::report_problem(const std::string& event_type, const Error& error) {
    health_->problem("produce " + event_type, error);
    const MutexLock lock(mutex_);
    types_with_problems_.insert(event_type);
    any_problems_ = true;
}

void Producer::clear_problem(const std::string& event_type) {
    if (!any_problems_) {
        return;
    }
    bool cleared = false;
    {
        const MutexLock lock(mutex_);
        cleared = types_with_problems_.erase(event_type) > 0;
        any_problems_ = !types_with_problems_.empty();
    }
    if (cleared) {
        health_->clear("produce " + event_type);
    }
}

void Producer::answer_rejected() {
    std::vector<Rejected> rejected;
    {
        const MutexLock lock(mutex_);
        rejected.swap(rejected_);
    }
    if (rejected.empty()) {
        return;
    }
    for (auto& [topic, done, since, error] : rejected) {
        if (!error.retryable()) {
            report_problem(topic->event_type(), error);
        }
        done(std::unexpected(std::move(error)));
    }
    {
        const MutexLock lock(mutex_);
        outstanding_ -= static_cast<std::int64_t>(rejected.size());
        for (const Rejected& each : rejected) {
            stall_detector_.leave(each.since);
        }
    }
    changed_.notify_all();
}

void Producer::send_deferred() {
    const MutexLock lock(mutex_);
    if (deferred_ == 0 || state_ != State::accepting) {
        return;
    }
    const auto try_send = [&](std::unique_ptr<PendingRecord>& pending) QUIPU_REQUIRES(mutex_) {
        // Records behind a lost record wait for the next client.
        if (state_ != State::accepting) {
            return ProducerTopic::Sent::queue_full;
        }
        const auto size = static_cast<std::int64_t>(pending->value.size());
        const auto code = send(pending);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return ProducerTopic::Sent::queue_full;
        }
        --deferred_;
        deferred_bytes_ -= size;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return ProducerTopic::Sent::taken;
        }
        if (code == RD_KAFKA_RESP_ERR__FATAL) {
            begin_replacing(State::replacing);
        }
        reject(std::move(pending), code);
        return ProducerTopic::Sent::refused;
    };
    for (auto& [type, topic] : topics_) {
        if (!topic.send_deferred(try_send, Clock::now())) {
            return;
        }
    }
}

void Producer::reject_deferred() {
    const MutexLock lock(mutex_);
    for (auto& [type, topic] : topics_) {
        for (auto& pending : topic.take_deferred()) {
            reject(std::move(pending), RD_KAFKA_RESP_ERR__PURGE_QUEUE);
        }
    }
    deferred_ = deferred_bytes_ = 0;
}

void Producer::check_for_stall() {
    {
        const bool answering = health_->reachable();
        const MutexLock lock(mutex_);
        if (state_ != State::accepting || !stall_detector_.check(answering, Clock::now())) {
            return;
        }
        begin_replacing(State::replacing);
    }
    health_->notify("warning", "stall",
                    "records have not been acknowledged for long although brokers answer; a new "
                    "client will send them again");
}

void Producer::discard_queue(Client& client) {
    const auto end = Clock::now() + discard_timeout;
    // Excludes records that callers produce meanwhile: they are rejected and may be sent again at
    // once.
    const auto left = [&]() QUIPU_EXCLUDES(mutex_) {
        const MutexLock lock(mutex_);
        return outstanding_ - static_cast<std::int64_t>(rejected_.size());
    };
    while (left() > 0 && Clock::now() < end) {
        reject_deferred();
        answer_rejected();
        rd_kafka_purge(client.get(), purge_all);
        serve(client);
    }
}

Client* Producer::replace_client(Client& old) {
    // A new client has a new producer id, so gaps in the old one's sequence numbers do not affect
    // it.
    discard_queue(old);
    Batching batching = Batching::many;
    {
        MutexLock lock(mutex_);
        batching = state_ == State::replacing_single ? Batching::single : Batching::many;
        std::optional<Client> retired(std::move(client_));
        client_.reset();
        reclaim_queue_.free_all(mutex_);
        lock.unlock();
        retired.reset();
    }
    std::optional<Client> made;
    while (!made) {
        if (auto client = make_client(batching)) {
            made.emplace(std::move(*client));
            break;
        } else {
            health_->notify("error", "replace", client.error().message);
        }
        const MutexLock lock(mutex_);
        const auto closed = [&]() QUIPU_REQUIRES(mutex_) { return state_ == State::closed; };
        if (changed_.wait_for(mutex_, std::chrono::seconds(1), closed)) {
            return nullptr;
        }
    }
    Client* replaced = nullptr;
    {
        const MutexLock lock(mutex_);
        replaced = &client_.emplace(std::move(*made));
        for (auto& [type, topic] : topics_) {
            if (topic.expected) {
                topic.handle = client_->keep_topic(topic.topic());
            }
        }
        batching_ = batching;
        single_since_ = Clock::now();
        if (state_ != State::replacing_idle) {
            ++losses_;
            changed_.wait_for(mutex_, loss_fence,
                              [&]() QUIPU_REQUIRES(mutex_) { return state_ == State::closed; });
        }
        ++replacements_;
        if (state_ != State::closed) {
            state_ = State::accepting;
        }
    }
    changed_.notify_all();
    return replaced;
}

void Producer::expect(const std::vector<std::string>& event_types) {
    const MutexLock lock(mutex_);
    for (const std::string& type : event_types) {
        ProducerTopic& made = topic(type);
        made.expected = true;
        made.announce();
        if (made.handle == nullptr && client_) {
            made.handle = client_->keep_topic(made.topic());
        }
    }
}

bool Producer::flush(std::chrono::milliseconds timeout) {
    const MutexLock lock(mutex_);
    return changed_.wait_for(mutex_, timeout,
                             [&]() QUIPU_REQUIRES(mutex_) { return outstanding_ == 0; });
}

void Producer::purge() {
    const MutexLock lock(mutex_);
    if (outstanding_ == 0 && state_ == State::accepting) {
        return;
    }
    begin_replacing(State::replacing);
    if (client_) {
        // This also wakes the producer's thread.
        rd_kafka_purge(client_->get(), purge_all | RD_KAFKA_PURGE_F_NON_BLOCKING);
    }
    changed_.wait(mutex_, [&]() QUIPU_REQUIRES(mutex_) { return outstanding_ == 0; });
}

std::uint64_t Producer::epoch() const {
    const MutexLock lock(mutex_);
    return losses_;
}

std::int64_t Producer::queued() const {
    const MutexLock lock(mutex_);
    return outstanding_;
}

void Producer::fail_for_test() {
    const MutexLock lock(mutex_);
    if (client_) {
        rd_kafka_test_fatal_error(client_->get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                  "planted by a test");
    }
}

}  // namespace quipu::kafka
