#include "quipu/log/kafka_producer.hpp"

#include <array>
#include <cstdlib>
#include <utility>

#include "quipu/log/kafka_errors.hpp"

namespace quipu::kafka {
namespace {

constexpr auto tick = std::chrono::milliseconds(50);
constexpr int purge_all = RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT;
constexpr auto single_for = std::chrono::minutes(1);
// A caller that is about to produce has had no time yet to see that earlier records failed.
constexpr auto fence = std::chrono::milliseconds(200);

std::int64_t number_of(rd_kafka_conf_t* conf, const char* property) {
    std::array<char, 32> text{};
    std::size_t size = text.size();
    rd_kafka_conf_get(conf, property, text.data(), &size);
    return std::strtoll(text.data(), nullptr, 10);
}

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

Producer::Producer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health)
    : config_(std::move(config)), health_(std::move(health)) {}

Result<std::unique_ptr<Producer>> Producer::open(std::shared_ptr<const Config> config,
                                                 std::shared_ptr<Health> health) {
    std::unique_ptr<Producer> producer(new Producer(std::move(config), std::move(health)));
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
    rd_kafka_topic_conf_set_partitioner_cb(topics, Target::partition);
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

Target& Producer::target(const std::string& event_type) {
    const auto found = targets_.find(event_type);
    if (found != targets_.end()) {
        return found->second;
    }
    Target& made = targets_
                       .emplace(std::piecewise_construct, std::forward_as_tuple(event_type),
                                std::forward_as_tuple(event_type, config_->topic(event_type)))
                       .first->second;
    made.begin(*partitioner_);
    return made;
}

rd_kafka_resp_err_t Producer::send(std::unique_ptr<Pending>& pending) {
    Target& target = *pending->target;
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
    Pending* const sent = pending.release();
    rd_kafka_headers_t* const headers = sent->headers.release();
    const Failure failure(rd_kafka_produceva(client_->get(), arguments.data(), arguments.size()));
    if (failure != nullptr) {
        pending.reset(sent);
        pending->headers.reset(headers);
        return rd_kafka_error_code(failure.get());
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t Producer::offer(std::unique_ptr<Pending>& pending) {
    Target& target = *pending->target;
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
    auto pending = std::make_unique<Pending>(
        Pending{nullptr, std::move(record.value), std::move(done), std::move(record.key),
                make_headers(record.headers), record.timestamp});
    std::unique_lock lock(mutex_);
    pending->target = &target(record.place.partition.event_type);
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
        changed_.wait_for(lock, tick);
    }
    if (!closed_) {
        ++outstanding_;
        reject(std::move(pending), code);
        return;
    }
    lock.unlock();
    pending->done(std::unexpected(
        produce_error(code, pending->target->event_type(), pending->target->topic())));
}

void Producer::reject(std::unique_ptr<Pending> pending, rd_kafka_resp_err_t code) {
    const Target& target = *pending->target;
    // On the log's thread like every other: a caller may hold a lock that its `done` takes.
    rejected_.emplace_back(std::move(pending->done),
                           produce_error(code, target.event_type(), target.topic()));
    if (!rejected_.back().second.retryable()) {
        report(target.event_type(), rejected_.back().second);
    }
}

void Producer::release_held() {
    const std::scoped_lock lock(mutex_);
    if (held_ == 0 || renew_) {
        return;
    }
    const auto let_go = [&](std::unique_ptr<Pending>& pending) {
        const auto size = static_cast<std::int64_t>(pending->value.size());
        const auto code = send(pending);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return Target::Sent::full;
        }
        --held_;
        held_bytes_ -= size;
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return Target::Sent::taken;
        }
        renew_ = renew_ || code == RD_KAFKA_RESP_ERR__FATAL;
        reject(std::move(pending), code);
        return Target::Sent::refused;
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

void Producer::answer_rejected() {
    std::vector<std::pair<Done, Error>> rejected;
    {
        const std::scoped_lock lock(mutex_);
        rejected.swap(rejected_);
    }
    if (rejected.empty()) {
        return;
    }
    for (auto& [done, error] : rejected) {
        done(std::unexpected(std::move(error)));
    }
    {
        const std::scoped_lock lock(mutex_);
        outstanding_ -= static_cast<std::int64_t>(rejected.size());
    }
    changed_.notify_all();
}

void Producer::report(const std::string& event_type, const Error& error) {
    health_->problem("produce " + event_type, error);
    troubled_.insert(event_type);
    any_trouble_ = true;
}

void Producer::delivered(const rd_kafka_message_t& message) {
    const std::unique_ptr<Pending> pending(static_cast<Pending*>(message._private));
    Target& target = *pending->target;
    const std::string& type = target.event_type();
    rd_kafka_resp_err_t code = message.err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset < 0) {
        // librdkafka concludes it from the acknowledgement of a later record; no broker said it.
        code = RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    }
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
            if (error.code == ErrorCode::limit && !single_) {
                // The broker refuses a whole batch for its size. Sent again one by one, only the
                // record that is too large by itself is refused.
                renew_ = single_next_ = true;
                error = {ErrorCode::unavailable, type + ": refused together with other records"};
            } else if (!error.retryable()) {
                report(type, error);
            }
        }
        pending->done(std::unexpected(std::move(error)));
    }
    ++answered_;
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
    rd_kafka_poll(client_->get(), static_cast<int>(tick.count()));
    // Once for all that came, not once a record: callers would wake up for each.
    if (const auto answered = std::exchange(answered_, 0); answered > 0) {
        {
            const std::scoped_lock lock(mutex_);
            outstanding_ -= answered;
        }
        changed_.notify_all();
    }
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
}

void Producer::give_up() {
    const auto end = Clock::now() + std::chrono::seconds(30);
    while (queued() > 0 && Clock::now() < end) {
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
        Target& made = target(type);
        made.expected = true;
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
