// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/continuity.hpp"
#include "quipu/log/kafka/group_offsets.hpp"
#include "quipu/log/kafka/partition_counts.hpp"
#include "quipu/log/topic_log.hpp"

namespace quipu::kafka {

/// A member of a consumer group.
class Consumer final : public LogConsumer, private ClientEvents {
  public:
    /// Errors: invalid (no group, no event type, contradictory settings).
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
        offsets_.tracker().finish(partition, offset);
    }
    void close() override;
    [[nodiscard]] bool at_end() override;
    [[nodiscard]] Result<std::vector<LogProgress>> progress() override;
    [[nodiscard]] std::optional<LogPartition> partition_of(const std::string& event_type,
                                                           const std::string& key) override {
        return partition_counts_.partition_of(event_type, key);
    }
    [[nodiscard]] std::int64_t lag() override { return closed_ ? -1 : offsets_.lag(); }

  private:
    using Clock = std::chrono::steady_clock;

    Consumer(std::shared_ptr<const Config> config, std::shared_ptr<Health> health,
             LogConsumerOptions options);
    [[nodiscard]] std::optional<Error> subscribe();

    void client_error(rd_kafka_resp_err_t code, std::string_view reason) override;
    // Rebalances, handled within poll() and close().
    void rebalanced(rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list) override;
    void assigned(const rd_kafka_topic_partition_list_t* list);
    /// Starts to fetch an assignment now, or later if the brokers do not return the offsets in
    /// time.
    void start_assignment();
    void revoked(const rd_kafka_topic_partition_list_t* list);
    void rebalanced_at_close(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* list);
    /// Everything that a revocation requires, except the response to librdkafka.
    void release_partitions(const rd_kafka_topic_partition_list_t* list);
    void report_rebalance_error(rd_kafka_resp_err_t code);
    /// Makes librdkafka fetch the partitions of `list`; none if it is null.
    void assign(const rd_kafka_topic_partition_list_t* list);
    void assign_again_if_due();

    /// An assigned partition from which something has been received.
    struct Source {
        std::shared_ptr<const LogPartition> name;
        bool ended = false;    ///< its end has been reached, and nothing has arrived since
        std::int64_t end = 0;  ///< the offset of that end
        bool served = false;   ///< has returned records since the last turn of all partitions
    };
    [[nodiscard]] Source& source_of(const rd_kafka_message_t& message);
    void forget_sources();

    void accept(Message message);
    /// Whether a record or the end of a partition is news. Restarts the partition if it is no
    /// longer the one that was read.
    [[nodiscard]] bool continues(Source& source, std::int64_t offset,
                                 std::optional<std::uint32_t> digest);
    /// Reads a partition from its beginning, as if it had been taken away and assigned anew.
    void restart(const LogPartition& partition);
    /// Accepts what librdkafka has already fetched.
    void accept_fetched(std::size_t limit);
    void accept_error(const rd_kafka_message_t& message);
    [[nodiscard]] std::vector<ReceivedRecord> take_ready(std::size_t limit);
    void drop(const std::vector<LogPartition>& partitions);

    /// While paused: limits the buffer. True if librdkafka need not be polled now.
    [[nodiscard]] bool buffer_is_full();
    void stop_fetching();
    void resume_fetching();
    void resume_rest();
    void resume_all();

    /// Runs a callback of the user. Its exceptions must not pass through librdkafka's frames.
    template <class Function>
    void guarded(const Function& function);

    const std::shared_ptr<const Config> config_;
    const std::shared_ptr<Health> health_;
    const LogConsumerOptions options_;
    std::optional<Client> client_;  ///< declared before offsets_, which holds a queue of it
    GroupOffsets offsets_;
    PartitionCounts partition_counts_;
    const std::string group_;  ///< its group.id
    Continuity continuity_;
    std::set<LogPartition> restarted_;  ///< in this assignment, see restart()
    PartitionList starting_;            ///< an assignment whose start offsets are not known yet
    std::deque<ReceivedRecord> ready_;  ///< received, and not returned to the caller yet
    std::size_t ready_bytes_ = 0;
    std::optional<Error> error_;  ///< found in this poll()
    std::optional<Error> fatal_;  ///< why this member cannot be used any more
    std::map<LogPartition, Source> sources_;
    Source* last_source_ = nullptr;  ///< of the last message; last_topic_ is its topic
    std::string last_topic_;
    bool joined_ = false;            ///< the group has made an assignment, possibly an empty one
    bool paused_ = false;            ///< by the caller
    bool fetching_stopped_ = false;  ///< librdkafka is paused, too
    Clock::time_point paused_at_{};
    PartitionList rest_;  ///< partitions that have been served and are not resumed yet
    Clock::time_point resume_rest_at_{};
    std::atomic<bool> closed_ = false;
    Clock::time_point assign_again_at_ = Clock::time_point::max();
};

}  // namespace quipu::kafka
