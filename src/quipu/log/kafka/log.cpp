// SPDX-License-Identifier: Apache-2.0
#include "quipu/log/kafka/kafka_log.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "quipu/base/mutex.hpp"
#include "quipu/log/kafka/admin.hpp"
#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/consumer.hpp"
#include "quipu/log/kafka/producer.hpp"

namespace quipu {
namespace kafka {
namespace {

constexpr auto probe_interval = std::chrono::seconds(1);
constexpr int probe_timeout = 1'000;  // ms
constexpr auto visible_timeout = std::chrono::seconds(5);
constexpr int visible_count = 4;  // consecutive lists that must contain the topics

/// A client for administrative calls, and a thread that probes the brokers with it every second.
class Probe {
  public:
    Probe(Client client, std::shared_ptr<Health> health)
        : client_(std::move(client)), health_(std::move(health)), thread_([this] { run(); }) {}

    ~Probe() {
        {
            const MutexLock lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    [[nodiscard]] rd_kafka_t* client() const noexcept { return client_.get(); }

  private:
    void run() {
        MutexLock lock(mutex_);
        while (!stop_) {
            lock.unlock();
            const rd_kafka_metadata_t* raw = nullptr;
            const auto code = rd_kafka_metadata(client_.get(), 0, nullptr, &raw, probe_timeout);
            const Metadata metadata(raw);
            // The client's queue may have errors that explain a failed probe.
            rd_kafka_poll(client_.get(), 0);
            health_->probed(code == RD_KAFKA_RESP_ERR_NO_ERROR);
            lock.lock();
            changed_.wait_for(mutex_, probe_interval,
                              [&]() QUIPU_REQUIRES(mutex_) { return stop_; });
        }
    }

    Client client_;
    std::shared_ptr<Health> health_;
    Mutex mutex_;
    Condition changed_;
    bool stop_ QUIPU_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

class KafkaLog final : public TopicLog {
  public:
    KafkaLog(std::shared_ptr<const Config> config, std::shared_ptr<Health> health, Client control,
             std::unique_ptr<Producer> producer)
        : config_(std::move(config)),
          health_(std::move(health)),
          probe_(std::move(control), health_),
          admin_(config_, health_, probe_.client()),
          producer_(std::move(producer)) {}

    void produce(LogRecord record, Done done, std::optional<std::uint64_t> epoch) override {
        producer_->produce(std::move(record), std::move(done), epoch);
    }
    std::uint64_t epoch() override { return producer_->epoch(); }
    bool flush(std::chrono::milliseconds timeout) override { return producer_->flush(timeout); }
    void purge() override { producer_->purge(); }

    Result<std::unique_ptr<LogConsumer>> consume(LogConsumerOptions options) override {
        return Consumer::open(config_, health_, std::move(options));
    }
    Result<std::vector<TopicState>> topics(const std::vector<std::string>& event_types) override {
        auto found = admin_.topics(event_types);
        if (!found) return found;
        std::vector<std::string> existing;
        for (const TopicState& state : *found) existing.push_back(state.event_type);
        producer_->expect(existing);
        return found;
    }
    Result<std::vector<TopicResult>> apply(const std::vector<TopicChange>& changes) override {
        auto results = admin_.apply(changes);
        if (!results) return results;
        std::vector<std::string> made;
        for (const TopicResult& result : *results) {
            if (!result.error) made.push_back(result.change.spec.event_type);
        }
        wait_visible(made);
        producer_->expect(made);
        return results;
    }
    LogHealth health() override {
        LogHealth health;
        health.engine = std::string("librdkafka ") + rd_kafka_version_str();
        health.location = config_->brokers();
        health.reachable = health_->reachable();
        health.problem = health_->problem_text();
        health.queued = producer_->queued();
        health.tombstones = health_->tombstones();
        return health;
    }

  private:
    /// One broker may have created a topic before the others know of it, and the next request may
    /// go to any of them.
    void wait_visible(const std::vector<std::string>& event_types) {
        const auto until = std::chrono::steady_clock::now() + visible_timeout;
        int seen = event_types.empty() ? visible_count : 0;
        while (seen < visible_count && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            const auto found = admin_.topics(event_types);
            if (!found) return;
            seen = found->size() >= event_types.size() ? seen + 1 : 0;
        }
    }

    std::shared_ptr<const Config> config_;
    std::shared_ptr<Health> health_;
    Probe probe_;
    Admin admin_;
    std::unique_ptr<Producer> producer_;
};

}  // namespace
}  // namespace kafka

Result<std::unique_ptr<TopicLog>> open_kafka_log(KafkaOptions options) {
    using namespace kafka;
    auto checked = Config::check(options);
    if (!checked) {
        return std::unexpected(std::move(checked.error()));
    }
    const auto config = std::make_shared<const Config>(std::move(*checked));
    auto health =
        std::make_shared<Health>(config->brokers(), config->secrets(), std::move(options.notice));
    auto control = Client::create(Role::control, config->make(Role::control), health, nullptr);
    if (!control) {
        return std::unexpected(std::move(control.error()));
    }
    auto producer = Producer::open(config, health);
    if (!producer) {
        return std::unexpected(std::move(producer.error()));
    }
    return std::make_unique<KafkaLog>(config, std::move(health), std::move(*control),
                                      std::move(*producer));
}

}  // namespace quipu
