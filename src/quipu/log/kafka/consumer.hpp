// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/offsets.hpp"
#include "quipu/log/kafka/partitioner.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// A member of a consumer group.
class Consumer final : public LogConsumer, private ClientEvents {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Consumer>> open(
        std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
        LogConsumerOptions options);
    ~Consumer() override;
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    [[nodiscard]] Result<std::vector<ReceivedRecord>> poll(std::chrono::milliseconds timeout,
                                                           std::size_t limit) override;
    void pause(bool paused) override;
    void finished(const LogPartition& partition, std::int64_t offset) override {
        offsets_.finish(partition, offset);
    }
    void close() override;
    [[nodiscard]] bool at_end() override;
    [[nodiscard]] Result<std::vector<LogProgress>> progress() override;
    [[nodiscard]] std::optional<LogPartition> partition_of(const std::string& event_type,
                                                           const std::string& key) override;
    [[nodiscard]] std::int64_t lag() override;

  private:
    using Clock = std::chrono::steady_clock;

    Consumer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
             LogConsumerOptions options);
    [[nodiscard]] std::optional<Error> subscribe();
    /// How many partitions each topic has.
    [[nodiscard]] Result<void> count_partitions();

    void rebalanced(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) override;
    void committed(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* list) override;
    void assigned(const rd_kafka_topic_partition_list_t* list);
    void rebalanced_at_close(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* list);
    void revoked(const rd_kafka_topic_partition_list_t* list);
    /// All of a revocation, but telling librdkafka.
    void give_up(const rd_kafka_topic_partition_list_t* list);
    void tell_rebalance_error(rd_kafka_resp_err_t code);

    /// Writes into `list` where a group begins that wants only what comes from now on.
    void begin_at_end(rd_kafka_topic_partition_list_t* list);
    void assign(const rd_kafka_topic_partition_list_t* list);
    void assign_again_if_due();
    void resume_all();

    /// An assigned partition from which something has come.
    struct Source {
        std::shared_ptr<const LogPartition> name;
        bool ended = false;    ///< nothing came after its last end
        std::int64_t end = 0;  ///< that one
        bool served = false;   ///< has given records since all partitions had their turn
    };
    [[nodiscard]] Source& source_of(const rd_kafka_message_t& message);
    void forget_sources();

    void accept(Message message);
    /// Takes what librdkafka has at hand.
    void accept_fetched(std::size_t limit);
    void accept_error(const rd_kafka_message_t& message);
    /// While paused: keeps what comes from growing. True when librdkafka need not be asked now.
    [[nodiscard]] bool hold_back();
    void stop_fetching(bool stop);
    void drop(const std::vector<LogPartition>& partitions);
    void commit_if_due();
    void commit_now(const std::vector<LogPartition>& partitions);
    void look_up_committed();
    /// Runs a function of the user's: what it throws must not cross librdkafka's frames.
    template <class Function>
    void guarded(const Function& function);

    const std::shared_ptr<const Config> config_;
    const std::shared_ptr<Health> health_;
    const LogConsumerOptions options_;
    OffsetTracker offsets_;
    const Partitioner* partitioner_ = nullptr;  ///< as producers of this program have it
    std::optional<Client> client_;
    std::deque<ReceivedRecord> ready_;  ///< received and not given yet
    std::optional<Error> error_;        ///< met in this poll()
    std::optional<Error> fatal_;        ///< this member is of no use any more
    std::size_t ready_bytes_ = 0;
    std::map<LogPartition, Source> sources_;
    Source* last_source_ = nullptr;  ///< of the last message; so is the topic
    std::string last_topic_;
    std::map<std::string, std::int32_t, std::less<>> counts_;  ///< partitions, by event type
    bool joined_ = false;  ///< the group has assigned partitions, or none
    bool paused_ = false;
    bool stopped_ = false;  ///< paused, and librdkafka fetches nothing either
    Clock::time_point paused_at_{};
    PartitionList rest_;  ///< of those served: not resumed yet after a pause
    Clock::time_point rest_until_{};
    std::atomic<bool> closed_ = false;
    Clock::time_point next_commit_{};
    Clock::time_point next_look_up_ = Clock::time_point::max();
    Clock::time_point assign_again_at_ = Clock::time_point::max();
};

}  // namespace quipu::kafka
