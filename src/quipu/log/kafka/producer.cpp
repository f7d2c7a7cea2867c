// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/producer.hpp"

#include <utility>
#include <vector>

#include "quipu/log/kafka/errors.hpp"

namespace quipu::kafka {
namespace {

constexpr auto tick = std::chrono::milliseconds(50);
constexpr std::size_t reports_at_once = 64;
constexpr int purge_all = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT;
constexpr auto single_for = std::chrono::minutes(1);
// A caller that is about to produce has had no time yet to see that earlier records failed.
constexpr auto fence = std::chrono::milliseconds(200);

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
    auto client = producer->make_client(false);
    if (!client) {
        return std::unexpected(std::move(client.error()));
    }
    producer->client_.emplace(std::move(*client));
    producer->thread_ = std::thread([raw = producer.get()] { raw->run(); });
    return producer;
}

Producer::~Producer() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

Result<Client> Producer::make_client(bool single) {
    Conf conf = config_->make(Role::producer);
    if (single) {
        rd_kafka_conf_set(conf.get(), "batch.num.messages", "1", nullptr, 0);
    }
    const Partitioner& partitioner = Partitioner::of(conf.get());
    // There is one: settings of topics have been made.
    rd_kafka_topic_conf_t* const topics = rd_kafka_conf_get_default_topic_conf(conf.get());
    rd_kafka_topic_conf_set_partitioner_cb(topics, ProducerTopic::partition);
    rd_kafka_topic_conf_set_opaque(topics, const_cast<Partitioner*>(&partitioner));
    const auto max_queued = number_of(conf.get(), "queue.buffering.max.messages");
    const auto max_kbytes = number_of(conf.get(), "queue.buffering.max.kbytes");
    auto client = Client::create(Role::producer, std::move(conf), health_, this);
    if (client) {
        const std::scoped_lock lock(mutex_);
        max_queued_ = max_queued;
        max_queued_bytes_ = max_kbytes * 1024;
        for (auto& [type, target] : targets_) {
            target.begin(partitioner);
        }
        partitioner_ = &partitioner;
    }
    return client;
}

ProducerTopic& Producer::target(const std::string& event_type) {
    const auto found = targets_.find(event_type);
    if (found != targets_.end()) {
        return found->second;
    }
    ProducerTopic& made =
        targets_
            .emplace(std::piecewise_construct, std::forward_as_tuple(event_type),
                     std::forward_as_tuple(event_type, config_->topic(event_type)))
            .first->second;
    made.begin(*partitioner_);
    return made;
}

void Producer::answer_rejected() {
    std::vector<Rejected> rejected;
    {
        const std::scoped_lock lock(mutex_);
        rejected.swap(rejected_);
    }
    if (rejected.empty()) {
        return;
    }
    for (auto& [target, done, since, error] : rejected) {
        if (!error.retryable()) {
            report(target->event_type(), error);
        }
        done(std::unexpected(std::move(error)));
    }
    {
        const std::scoped_lock lock(mutex_);
        outstanding_ -= static_cast<std::int64_t>(rejected.size());
        for (const Rejected& each : rejected) {
            stall_detector_.leave(each.since);
        }
    }
    changed_.notify_all();
}

void Producer::report(const std::string& event_type, const Error& error) {
    health_->problem("produce " + event_type, error);
    const std::scoped_lock lock(mutex_);
    troubled_.insert(event_type);
    any_trouble_ = true;
}

void Producer::delivered(const rd_kafka_message_t& message, ReclaimQueue::Batch& batch) {
    std::unique_ptr<PendingRecord> pending(static_cast<PendingRecord*>(message._private));
    ProducerTopic& target = *pending->topic;
    const std::string& type = target.event_type();
    rd_kafka_resp_err_t code = message.err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset < 0) {
        // librdkafka concludes it from the acknowledgement of a later record; no broker said it.
        code = RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    }
    code = judge(code, target);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (pending->opens) {
            const std::scoped_lock lock(mutex_);
            target.answered(*pending, message.partition, Clock::now());
        }
        // Before its caller knows: what that does next may be in trouble again.
        clear_trouble(type);
        pending->done(LogPlace{{type, message.partition}, message.offset});
    } else {
        Error error = produce_error(code, type, target.topic());
        {
            const std::scoped_lock lock(mutex_);
            target.answered(*pending, std::nullopt, Clock::now());
            // What is queued behind a lost record must not overtake it.
            renew_ = renew_ || error.retryable();
            if (refuses_batch(code) && !single_) {
                // The broker refuses a whole batch for one record, or for all together. Sent again
                // one by one, only the record that is at fault by itself is refused.
                renew_ = single_next_ = true;
                error = {ErrorCode::unavailable, type + ": refused together with other records"};
            }
        }
        if (!error.retryable()) {
            report(type, error);
        }
        pending->done(std::unexpected(std::move(error)));
    }
    ++answered_[pending->since];
    // What the caller has given along must not live longer than its answer.
    pending->done = nullptr;
    batch.bytes += pending->cost;
    batch.records.push_back(std::move(pending));
}

/// A broker that has just begun again may not know yet of a topic that was made shortly before. For
/// librdkafka the topic is then gone, and with it what is queued. If it is, a new client, which has
/// never seen it, finds out.
rd_kafka_resp_err_t Producer::judge(rd_kafka_resp_err_t code, const ProducerTopic& target) {
    return says_not_found(code) && target.known() ? RD_KAFKA_RESP_ERR__PURGE_QUEUE : code;
}

void Producer::clear_trouble(const std::string& type) {
    if (!any_trouble_) {
        return;
    }
    bool cleared = false;
    {
        const std::scoped_lock lock(mutex_);
        cleared = troubled_.erase(type) > 0;
        any_trouble_ = !troubled_.empty();
    }
    if (cleared) {
        health_->clear("produce " + type);
    }
}

void Producer::serve() {
    std::vector<ReclaimQueue::Batch> batches;
    while (batches.size() < reports_at_once) {
        EventHandle event = client_->next_reports(batches.empty() ? tick : tick.zero());
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
    std::unique_lock lock(mutex_);
    if (batches.empty()) {
        while (reclaim_queue_.free_batch(lock)) {
        }
        return;
    }
    // Once for all that came, not once a record: callers would wake up for each.
    for (const auto& [since, count] : answered_) {
        outstanding_ -= count;
        stall_detector_.leave(since, count);
    }
    answered_.clear();
    for (ReclaimQueue::Batch& batch : batches) {
        reclaim_queue_.offer(batch);
    }
    lock.unlock();
    changed_.notify_all();
}

void Producer::failed(rd_kafka_resp_err_t /*code*/) {
    const std::scoped_lock lock(mutex_);
    renew_ = true;
}

void Producer::run() {
    while (client_) {
        serve();
        release_held();
        answer_rejected();
        watch();
        std::unique_lock lock(mutex_);
        if (closed_) {
            lock.unlock();
            give_up();
            break;
        }
        if (single_ && outstanding_ == 0 && !renew_ && Clock::now() - single_since_ > single_for) {
            renew_ = quiet_ = true;
        }
        if (renew_) {
            lock.unlock();
            renew();
        }
    }
    // What was refused since it was last looked at; closed_ lets nothing more come.
    answer_rejected();
}

void Producer::watch() {
    {
        const bool answering = health_->reachable();
        const std::scoped_lock lock(mutex_);
        if (renew_ || !stall_detector_.check(answering, Clock::now())) {
            return;
        }
        renew_ = true;
    }
    health_->tell("warning", "standstill",
                  "records wait for their acknowledgement although brokers answer; they are given "
                  "back, to be sent again by a new client");
}

void Producer::give_up() {
    const auto end = Clock::now() + std::chrono::seconds(30);
    // Not for what callers try in the meantime: it is refused, and they may try again at once.
    const auto left = [&] {
        const std::scoped_lock lock(mutex_);
        return outstanding_ - static_cast<std::int64_t>(rejected_.size());
    };
    while (left() > 0 && Clock::now() < end) {
        reject_held();
        answer_rejected();
        rd_kafka_purge(client_->get(), purge_all);
        serve();
    }
}

void Producer::renew() {
    // With the queue, all that the broker knows of this producer is given up: a new one cannot
    // stumble over a gap that the old one left.
    give_up();
    std::unique_lock lock(mutex_);
    const bool single = std::exchange(single_next_, false);
    std::optional<Client> old = std::exchange(client_, std::nullopt);
    reclaim_queue_.free_all(lock);
    lock.unlock();
    old.reset();
    std::optional<Client> made;
    while (!made) {
        auto client = make_client(single);
        if (client) {
            made.emplace(std::move(*client));
            break;
        }
        health_->tell("error", "renew", client.error().message);
        lock.lock();
        changed_.wait_for(lock, std::chrono::seconds(1), [&] { return closed_; });
        if (closed_) {
            return;
        }
        lock.unlock();
    }
    lock.lock();
    client_.emplace(std::move(*made));
    for (auto& [type, target] : targets_) {
        if (target.expected) {
            target.handle = client_->keep_topic(target.topic());
        }
    }
    single_ = single;
    single_since_ = Clock::now();
    if (!quiet_) {
        ++losses_;
        changed_.wait_for(lock, fence, [&] { return closed_; });
    }
    renew_ = false;
    ++renewals_;
    quiet_ = false;
    lock.unlock();
    changed_.notify_all();
}

void Producer::expect(const std::vector<std::string>& event_types) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& type : event_types) {
        ProducerTopic& made = target(type);
        made.expected = true;
        made.announce();
        if (made.handle == nullptr && client_) {
            made.handle = client_->keep_topic(made.topic());
        }
    }
}

bool Producer::flush(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return outstanding_ == 0; });
}

void Producer::purge() {
    std::unique_lock lock(mutex_);
    if (outstanding_ == 0 && !renew_) {
        return;
    }
    renew_ = true;
    if (client_) {
        // Wakes the thread, too.
        rd_kafka_purge(client_->get(), purge_all | RD_KAFKA_PURGE_F_NON_BLOCKING);
    }
    changed_.wait(lock, [&] { return outstanding_ == 0; });
}

std::uint64_t Producer::epoch() const {
    const std::scoped_lock lock(mutex_);
    return losses_;
}

std::int64_t Producer::queued() const {
    const std::scoped_lock lock(mutex_);
    return outstanding_;
}

void Producer::fail_for_test() {
    const std::scoped_lock lock(mutex_);
    if (client_) {
        rd_kafka_test_fatal_error(client_->get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                  "planted by a test");
    }
}

}  // namespace quipu::kafka
