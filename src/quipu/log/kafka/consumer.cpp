// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/consumer.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <thread>
#include <utility>

#include "quipu/log/kafka/call_with_timeout.hpp"
#include "quipu/log/kafka/checkpoint.hpp"
#include "quipu/log/kafka/errors.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::kafka {
namespace {

using std::chrono::milliseconds;

constexpr auto poll_slice = milliseconds(100);
constexpr auto assign_again_after = milliseconds(500);
constexpr auto short_pause = std::chrono::seconds(1);
// After a pause, partitions that have been served wait this long for those that have not.
constexpr auto turn = std::chrono::seconds(1);
// The limit of bytes buffered while paused; the responses that they are part of come on top.
constexpr std::size_t max_buffered_records = 500;
constexpr std::size_t max_buffered_bytes = 4 << 20;
// By itself librdkafka takes up to the session timeout if no broker answers.
constexpr auto close_timeout = std::chrono::seconds(20);
constexpr auto commit_at_close_timeout = milliseconds(10000);
constexpr auto commit_at_rebalance_timeout = milliseconds(5000);
constexpr auto unassign_timeout = std::chrono::seconds(5);

constexpr int offsets_timeout = 1000;  // ms, for each request

}  // namespace

Consumer::Consumer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
                   LogConsumerOptions options)
    : config_(std::move(config)),
      health_(std::move(health)),
      options_(std::move(options)),
      offsets_(config_, health_, options_.group, options_.from_earliest),
      partition_counts_(config_, config_->group_id(options_.group), options_.event_types),
      group_(config_->group_id(options_.group)) {}

Result<std::unique_ptr<Consumer>> Consumer::open(std::shared_ptr<const Config> config,
                                                 std::shared_ptr<Health> health,
                                                 LogConsumerOptions options) {
    if (options.group.empty() || options.event_types.empty()) {
        return fail(ErrorCode::invalid, "a consumer needs a group and at least one event type");
    }
    std::unique_ptr<Consumer> consumer(
        new Consumer(std::move(config), std::move(health), std::move(options)));
    if (auto error = consumer->subscribe()) {
        return std::unexpected(std::move(*error));
    }
    return consumer;
}

std::optional<Error> Consumer::subscribe() {
    Conf conf = config_->make(Role::consumer);
    const auto set = [&](const char* name, const std::string& value) {
        rd_kafka_conf_set(conf.get(), name, value.c_str(), nullptr, 0);
    };
    set("group.id", group_);
    // Used only where an offset is out of the partition's range. Where a group without a committed
    // offset starts is decided in set_start().
    set("auto.offset.reset", "earliest");
    if (!options_.member.empty()) {
        set("group.instance.id", options_.member);
    }
    auto client = Client::create(Role::consumer, std::move(conf), health_, this);
    if (!client) {
        return std::move(client.error());
    }
    client_.emplace(std::move(*client));
    offsets_.use(client_->get());
    rd_kafka_poll_set_consumer(client_->get());
    const PartitionList topics(
        rd_kafka_topic_partition_list_new(static_cast<int>(options_.event_types.size())));
    for (const auto& type : options_.event_types) {
        rd_kafka_topic_partition_list_add(topics.get(), config_->topic(type).c_str(),
                                          RD_KAFKA_PARTITION_UA);
    }
    if (const auto code = rd_kafka_subscribe(client_->get(), topics.get())) {
        closed_ = true;
        return call_error(code, "group " + group_, {});
    }
    return std::nullopt;
}

Consumer::~Consumer() {
    close();
}

template <class Function>
void Consumer::guarded(const Function& function) {
    try {
        function();
    } catch (const std::exception& fault) {
        health_->notify("error", "callback", fault.what());
    } catch (...) {
        health_->notify("error", "callback", "a callback of the group has thrown an exception");
    }
}

Result<std::vector<ReceivedRecord>> Consumer::poll(milliseconds timeout, std::size_t limit) {
    if (closed_ || fatal_) {
        return std::unexpected(
            fatal_.value_or(Error{ErrorCode::invalid, "the consumer is already closed"}));
    }
    error_.reset();
    const auto end = Clock::now() + timeout;
    while (true) {
        offsets_.commit_if_due();
        assign_again_if_due();
        offsets_.look_up_if_due();
        if (Clock::now() >= resume_rest_at_) {
            resume_rest();
        }
        const bool enough = !paused_ && !ready_.empty();
        if (enough && ready_.size() >= limit) {
            break;
        }
        const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
        if (paused_ && buffer_is_full()) {
            if (left <= milliseconds(0)) {
                break;
            }
            std::this_thread::sleep_for(std::min(left, poll_slice));
            continue;
        }
        const auto wait = enough ? milliseconds(0) : std::clamp(left, milliseconds(0), poll_slice);
        Message message(rd_kafka_consumer_poll(client_->get(), static_cast<int>(wait.count())));
        if (message != nullptr) {
            accept(std::move(message));
            accept_fetched(limit);
        } else if (enough || left <= milliseconds(0)) {
            break;
        }
        if (error_) {
            break;
        }
    }
    auto records = take_ready(limit);
    if (!records.empty()) {
        return records;
    }
    if (error_) {
        return std::unexpected(*error_);
    }
    if (auto error = health_->connection_error()) {
        return std::unexpected(std::move(*error));
    }
    return records;
}

std::vector<ReceivedRecord> Consumer::take_ready(std::size_t limit) {
    std::vector<ReceivedRecord> records;
    if (paused_) {
        return records;
    }
    records.reserve(std::min(limit, ready_.size()));
    while (!ready_.empty() && records.size() < limit) {
        ready_bytes_ -= ready_.front().value().size();
        records.push_back(std::move(ready_.front()));
        ready_.pop_front();
    }
    return records;
}

void Consumer::accept_fetched(std::size_t limit) {
    // Does not read the clock for each record. While paused, poll() handles each record by itself.
    for (std::size_t polls = 0; polls < limit && ready_.size() < limit; ++polls) {
        if (paused_ || error_) {
            break;
        }
        Message message(rd_kafka_consumer_poll(client_->get(), 0));
        if (message == nullptr) {
            break;
        }
        accept(std::move(message));
    }
}

void Consumer::accept(Message message) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        accept_error(*message);
        return;
    }
    Source& source = source_of(*message);
    source.ended = false;
    const std::uint32_t digest = digest_of(*message);
    if (!continues(source, message->offset, digest)) {
        return;
    }
    // After a pause or an error, fetching can return records a second time.
    if (offsets_.tracker().give(*source.name, message->offset, digest)) {
        source.served = true;
        resume_rest_at_ = {};
        ready_bytes_ += message->len;
        ready_.push_back(receive(std::move(message), source.name, client_->shared()));
        if (ready_.back().is_tombstone()) {
            health_->add_tombstone();
        }
    }
}

bool Consumer::continues(Source& source, std::int64_t offset, std::optional<std::uint32_t> digest) {
    const auto answer = continuity_.receive(*source.name, offset, digest, offsets_.tracker());
    if (answer == Continuity::Answer::restarts) {
        restart(*source.name);
    } else if (answer == Continuity::Answer::unknown) {
        // A new assignment starts with the last record that was read.
        assign_again_at_ = Clock::now();
    }
    return answer == Continuity::Answer::continues;
}

void Consumer::restart(const LogPartition& partition) {
    const std::vector<LogPartition> partitions{partition};
    const std::string topic = config_->topic(partition.event_type);
    health_->notify("warning", "restart " + topic,
                    "group " + group_ + ": partition " + std::to_string(partition.partition) +
                        " of topic " + topic +
                        " does not have the records that the group has read; the topic was "
                        "deleted and created again, or truncated. It is read from its beginning");
    drop(partitions);
    if (options_.revoked) {
        guarded([&] { options_.revoked(partitions, false); });
    }
    // What is finished from now on belongs to the new records.
    offsets_.tracker().assign(partitions);
    if (options_.assigned) {
        guarded([&] { options_.assigned(partitions); });
    }
    restarted_.insert(partition);
    assign_again_at_ = Clock::now();
}

Consumer::Source& Consumer::source_of(const rd_kafka_message_t& message) {
    // Messages arrive in runs of one partition.
    const char* const topic = rd_kafka_topic_name(message.rkt);
    if (last_source_ == nullptr || last_source_->name->partition != message.partition ||
        last_topic_ != topic) {
        last_topic_ = topic;
        LogPartition name{config_->event_type(topic), message.partition};
        Source& source = sources_[name];
        if (source.name == nullptr) {
            source.name = std::make_shared<const LogPartition>(std::move(name));
        }
        last_source_ = &source;
    }
    return *last_source_;
}

void Consumer::forget_sources() {
    last_source_ = nullptr;
    sources_.clear();
    continuity_.clear();
}

void Consumer::accept_error(const rd_kafka_message_t& message) {
    const char* text = rd_kafka_message_errstr(&message);
    const std::string reason = health_->mask(text == nullptr ? "" : text);
    switch (message.err) {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: {
            Source& source = source_of(message);
            if (continues(source, message.offset, std::nullopt)) {
                source.ended = true;
                source.end = message.offset;
            }
            return;
        }
        case RD_KAFKA_RESP_ERR__FATAL:
        case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID: {
            std::array<char, 512> cause{};
            const auto code = rd_kafka_fatal_error(client_->get(), cause.data(), cause.size());
            fatal_ = call_error(code == RD_KAFKA_RESP_ERR_NO_ERROR ? message.err : code,
                                "group " + group_, health_->mask(cause.data()));
            error_ = fatal_;
            break;
        }
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: {
            const std::string topic =
                message.rkt == nullptr ? "a topic" : rd_kafka_topic_name(message.rkt);
            error_ = call_error(message.err, "group " + group_ + ", topic " + topic,
                                describe(message.err));
            health_->problem("consume " + topic, *error_);
            return;
        }
        default:
            error_ = call_error(message.err, "group " + group_, reason);
            if (error_->retryable()) {
                // librdkafka retries by itself.
                health_->notify("warning", "group " + group_, error_->message);
                error_.reset();
                return;
            }
            break;
    }
    health_->problem("group " + group_, *error_);
}

// If a missing topic is created again before the group notices, fetching goes on at the same
// offset. librdkafka names the partition in the text only: "TOPIC [NUMBER]: ...".
void Consumer::client_error(rd_kafka_resp_err_t code, std::string_view reason) {
    if (code != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION && code != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC &&
        code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return;
    }
    for (const LogPartition& partition : offsets_.tracker().assigned()) {
        if (reason.contains(config_->topic(partition.event_type) + " [" +
                            std::to_string(partition.partition) + "]")) {
            continuity_.suspect(partition);
        }
    }
}

void Consumer::rebalanced(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) {
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assigned(list);
    } else if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        revoked(list);
    } else {
        assign(nullptr);
        report_rebalance_error(code);
    }
}

void Consumer::report_rebalance_error(rd_kafka_resp_err_t code) {
    health_->notify("warning", "rebalance", call_error(code, "group " + group_, {}).message);
}

void Consumer::assigned(const rd_kafka_topic_partition_list_t* list) {
    const auto got = partitions_of(list, *config_);
    offsets_.tracker().assign(got);
    restarted_.clear();
    partition_counts_.forget();  // a change of the counts causes a new assignment
    joined_ = true;
    if (options_.assigned) {
        guarded([&] { options_.assigned(got); });
    }
    starting_.reset(rd_kafka_topic_partition_list_copy(list));
    start_assignment();
    health_->clear("group " + group_);
    for (const auto& partition : got) {
        health_->clear("consume " + config_->topic(partition.event_type));
    }
    offsets_.look_up_soon();
}

// librdkafka may leave the group meanwhile, and then a call of rd_kafka_assign never returns (its
// issue 4884). Closing must not wait for that. Partitions that are assigned now are not used.
void Consumer::rebalanced_at_close(rd_kafka_resp_err_t code,
                                   const rd_kafka_topic_partition_list_t* list) {
    if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
        release_partitions(list);
    } else if (code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        report_rebalance_error(code);
    }
    const bool answered = call_with_timeout(
        unassign_timeout, [client = client_->shared()] { rd_kafka_assign(client.get(), nullptr); });
    if (!answered) {
        health_->notify("warning", "close " + group_,
                        "group " + group_ +
                            ": a Kafka client does not release its partitions; it is abandoned");
    }
}

void Consumer::start_assignment() {
    PartitionList assignment(rd_kafka_topic_partition_list_copy(starting_.get()));
    const auto known = offsets_.set_start(assignment.get(), restarted_);
    if (known) {
        starting_.reset();
    } else {
        // Any other starting point would skip records or repeat them.
        assignment.reset(rd_kafka_topic_partition_list_new(0));
    }
    assign(assignment.get());
    for (const Checkpoint& last : known.value_or(std::vector<Checkpoint>{})) {
        continuity_.expect(last);
    }
    if (starting_ != nullptr) {
        assign_again_at_ = Clock::now() + assign_again_after;
    }
}

void Consumer::revoked(const rd_kafka_topic_partition_list_t* list) {
    release_partitions(list);
    assign(nullptr);
}

void Consumer::release_partitions(const rd_kafka_topic_partition_list_t* list) {
    const bool lost = rd_kafka_assignment_lost(client_->get()) != 0;
    const auto revoked_partitions = partitions_of(list, *config_);
    drop(revoked_partitions);
    if (options_.revoked) {
        guarded([&] { options_.revoked(revoked_partitions, lost); });
    }
    if (!lost) {
        offsets_.commit_now(revoked_partitions,
                            closed_ ? commit_at_close_timeout : commit_at_rebalance_timeout);
    }
    offsets_.tracker().revoke(revoked_partitions);
    starting_.reset();
    joined_ = false;
}

void Consumer::assign(const rd_kafka_topic_partition_list_t* list) {
    resume_all();
    rd_kafka_assign(client_->get(), list);
    assign_again_at_ = Clock::time_point::max();
    forget_sources();
}

// The tracker recognises records that are fetched a second time.
void Consumer::assign_again_if_due() {
    if (Clock::now() < assign_again_at_) {
        return;
    }
    assign_again_at_ = Clock::time_point::max();
    if (starting_ != nullptr) {
        start_assignment();
        return;
    }
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (!joined_ || rd_kafka_assignment(client_->get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    starting_.reset(raw);
    start_assignment();
}

// librdkafka keeps a pause beyond the assignment: a partition that is assigned again would deliver
// nothing.
void Consumer::resume_all() {
    if (fetching_stopped_ || rest_ != nullptr) {
        resume_fetching();
        resume_rest();
    }
}

void Consumer::resume_rest() {
    if (rest_ != nullptr) {
        rd_kafka_resume_partitions(client_->get(), rest_.get());
        rest_.reset();
    }
}

void Consumer::drop(const std::vector<LogPartition>& partitions) {
    std::erase_if(ready_, [&](const ReceivedRecord& record) {
        const bool gone = std::ranges::find(partitions, record.partition()) != partitions.end();
        ready_bytes_ -= gone ? record.value().size() : 0;
        return gone;
    });
}

void Consumer::pause(bool paused) {
    if (closed_ || paused == paused_) {
        return;
    }
    paused_ = paused;
    paused_at_ = Clock::now();
    if (!paused && fetching_stopped_) {
        resume_fetching();
    }
}

bool Consumer::buffer_is_full() {
    // When librdkafka pauses, it drops what it has fetched and fetches it again afterwards. For a
    // short pause that costs more than it saves, so fetched records are first buffered here.
    if (fetching_stopped_ ||
        (ready_.size() < max_buffered_records && ready_bytes_ < max_buffered_bytes)) {
        return false;
    }
    if (Clock::now() - paused_at_ < short_pause) {
        return true;
    }
    stop_fetching();
    return false;
}

void Consumer::stop_fetching() {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(client_->get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    const PartitionList all(raw);
    fetching_stopped_ = true;
    rest_.reset();
    rd_kafka_pause_partitions(client_->get(), all.get());
}

void Consumer::resume_fetching() {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(client_->get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return;
    }
    const PartitionList all(raw);
    fetching_stopped_ = false;
    // A pause drops what was fetched and not returned. To keep partitions from starving, those that
    // have returned nothing yet are resumed first.
    PartitionList first(rd_kafka_topic_partition_list_new(all->cnt));
    PartitionList rest(rd_kafka_topic_partition_list_new(all->cnt));
    for (const auto& element : elements(all.get())) {
        const auto source = sources_.find(place_of(element, *config_).partition);
        const bool served = source != sources_.end() && source->second.served;
        rd_kafka_topic_partition_list_add(served ? rest.get() : first.get(), element.topic,
                                          element.partition);
    }
    if (first->cnt == 0) {
        for (auto& [name, source] : sources_) {
            source.served = false;
        }
        first.swap(rest);
    }
    rd_kafka_resume_partitions(client_->get(), first.get());
    if (rest->cnt > 0) {
        rest_ = std::move(rest);
        resume_rest_at_ = Clock::now() + turn;
    }
}

void Consumer::close() {
    if (closed_.exchange(true)) {
        return;
    }
    // Closing can block inside librdkafka, so the wait is limited. A separate queue receives the
    // events that would otherwise be callbacks, and records that will not be read any more.
    const Queue queue(rd_kafka_queue_new(client_->get()));
    const ErrorHandle error(rd_kafka_consumer_close_queue(client_->get(), queue.get()));
    if (error == nullptr) {
        const auto end = Clock::now() + close_timeout;
        while (rd_kafka_consumer_closed(client_->get()) == 0 && Clock::now() < end) {
            const EventHandle event(
                rd_kafka_queue_poll(queue.get(), static_cast<int>(poll_slice.count())));
            const auto type = rd_kafka_event_type(event.get());
            if (type == RD_KAFKA_EVENT_REBALANCE) {
                rebalanced_at_close(rd_kafka_event_error(event.get()),
                                    rd_kafka_event_topic_partition_list(event.get()));
            }
        }
    }
    if (error != nullptr) {
        // A record that is still in use keeps the client alive, which must not fetch any more.
        assign(nullptr);
    }
    // Partitions that librdkafka did not revoke, for example after a fatal error.
    const auto left = offsets_.tracker().assigned();
    if (!left.empty()) {
        drop(left);
        if (options_.revoked) {
            guarded([&] { options_.revoked(left, true); });
        }
        offsets_.tracker().revoke(left);
    }
    health_->clear("group " + group_);
}

bool Consumer::at_end() {
    const auto ended =
        std::ranges::count_if(sources_, [](const auto& source) { return source.second.ended; });
    return joined_ && ready_.empty() &&
           static_cast<std::size_t>(ended) == offsets_.tracker().assigned().size();
}

Result<std::vector<LogProgress>> Consumer::progress() {
    if (auto loaded = partition_counts_.load(client_->get()); !loaded) {
        return std::unexpected(std::move(loaded.error()));
    }
    std::map<LogPartition, LogProgress> all;
    std::vector<LogPlace> places;
    for (const LogPartition& partition : offsets_.tracker().assigned()) {
        all[partition] = {partition, offsets_.tracker().given(partition).value_or(0), 0};
        places.push_back({partition, 0});
    }
    // In place of a timestamp, these request the next and the first offset.
    for (const std::int64_t which : {RD_KAFKA_OFFSET_END, RD_KAFKA_OFFSET_BEGINNING}) {
        for (LogPlace& place : places) {
            place.offset = which;
        }
        const PartitionList list = make_list(places, *config_);
        auto code = places.empty()
                        ? RD_KAFKA_RESP_ERR_NO_ERROR
                        : rd_kafka_offsets_for_times(client_->get(), list.get(), offsets_timeout);
        for (const auto& element : elements(list.get())) {
            code = code == RD_KAFKA_RESP_ERR_NO_ERROR ? element.err : code;
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return std::unexpected(
                call_error(code, "group " + group_ + ": end offsets of its partitions", {}));
        }
        for (const auto& element : elements(list.get())) {
            const auto [partition, offset] = place_of(element, *config_);
            auto& progress = all[partition];
            if (which == RD_KAFKA_OFFSET_END) {
                progress.end = offset;
            } else {
                progress.given = std::max(progress.given, offset);
            }
        }
    }
    // A partition's last record may be followed by transaction markers, which consumers do not
    // receive.
    for (const auto& [partition, source] : sources_) {
        if (const auto at = all.find(partition); at != all.end()) {
            at->second.given = std::max(at->second.given, source.end);
        }
    }
    // Received, but not returned by poll() yet.
    for (const ReceivedRecord& record : ready_) {
        auto& given = all[record.partition()].given;
        given = std::min(given, record.offset());
    }
    std::vector<LogProgress> found;
    found.reserve(all.size());
    for (auto& [partition, progress] : all) {
        found.push_back(std::move(progress));
    }
    return found;
}

}  // namespace quipu::kafka
