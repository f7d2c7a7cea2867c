// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "quipu/log/topic_log.hpp"

namespace quipu::delivery_test {

/// A topic log in memory with Kafka's semantics as far as delivery sees them: partitions by key,
/// order within one, groups whose members share partitions and rebalance when one comes or goes,
/// committed offsets up to which everything is finished. Faults on request.
class MemoryLog : public TopicLog {
  public:
    explicit MemoryLog(std::vector<std::string> types, std::int32_t partitions = 3)
        : count_(partitions) {
        for (std::string& type : types)
            topics_[std::move(type)].resize(static_cast<std::size_t>(partitions));
    }

    /// Decides what becomes of a produced record; from the producing thread. Empty: all is well.
    std::function<std::optional<Error>(const LogRecord&)> fault;
    /// Asked by each poll() of a member; an error stays that member's answer for good.
    std::function<std::optional<Error>(const LogConsumerOptions&)> fence;
    /// How often a produced record gets into the log.
    std::atomic<int> copies{1};
    /// What epoch() says. A test that makes it lose records counts them.
    std::atomic<std::uint64_t> losses{0};

    void produce(LogRecord record, Done done,
                 std::optional<std::uint64_t> epoch = std::nullopt) override {
        std::optional<Error> error;
        LogPlace place;
        {
            const std::lock_guard lock(mutex_);
            if (epoch.value_or(losses) != losses) {
                error = Error{ErrorCode::unavailable, "earlier records were lost"};
            }
            if (!error && fault) error = fault(record);
            const auto topic = topics_.find(record.place.partition.event_type);
            if (!error && topic == topics_.end()) {
                error =
                    Error{ErrorCode::not_found, "no topic " + record.place.partition.event_type};
            }
            if (!error) {
                place.partition = partition_of(topic->first, record.key.value_or(""));
                auto& partition =
                    topic->second[static_cast<std::size_t>(place.partition.partition)];
                for (int copy = 0; copy < copies; ++copy) {
                    place.offset = static_cast<std::int64_t>(partition.size());
                    record.place = place;
                    partition.push_back(record);
                }
            }
        }
        if (error) return done(std::unexpected(*error));
        done(place);
    }
    std::uint64_t epoch() override { return losses; }
    bool flush(std::chrono::milliseconds) override { return true; }
    void purge() override {}

    Result<std::unique_ptr<LogConsumer>> consume(LogConsumerOptions options) override {
        return std::make_unique<Consumer>(*this, std::move(options));
    }

    Result<std::vector<TopicState>> topics(const std::vector<std::string>& types) override {
        const std::lock_guard lock(mutex_);
        std::vector<TopicState> states;
        for (const std::string& type : types) {
            if (topics_.contains(type)) states.push_back({type, count_, 1, std::nullopt});
        }
        return states;
    }
    Result<std::vector<TopicResult>> apply(const std::vector<TopicChange>& changes) override {
        const std::lock_guard lock(mutex_);
        std::vector<TopicResult> results;
        for (const TopicChange& change : changes) {
            topics_[change.spec.event_type].resize(static_cast<std::size_t>(count_));
            results.push_back({change, std::nullopt});
        }
        return results;
    }
    LogHealth health() override { return {"memory", "here", true, {}, 0}; }

    void add_topic(const std::string& type) {
        const std::lock_guard lock(mutex_);
        topics_[type].resize(static_cast<std::size_t>(count_));
    }
    /// As retention does: what is in a topic now cannot be read any more.
    void expire(const std::string& type) {
        const std::lock_guard lock(mutex_);
        for (std::int32_t number = 0; number < count_; ++number) {
            lows_[{type, number}] =
                static_cast<std::int64_t>(topics_[type][static_cast<std::size_t>(number)].size());
        }
    }
    /// Lets a group read everything once more; it must have no member.
    void forget_commits(const std::string& group) {
        const std::lock_guard lock(mutex_);
        groups_[group].committed.clear();
    }
    /// Everything in a topic, by partition.
    std::vector<LogRecord> all(const std::string& type) {
        const std::lock_guard lock(mutex_);
        std::vector<LogRecord> found;
        for (const auto& partition : topics_[type]) {
            found.insert(found.end(), partition.begin(), partition.end());
        }
        return found;
    }
    /// Where a group would go on.
    std::map<LogPartition, std::int64_t> committed(const std::string& group) {
        const std::lock_guard lock(mutex_);
        return groups_[group].committed;
    }

  private:
    class Consumer;
    struct Group {
        std::map<LogPartition, std::int64_t> committed;
        std::vector<Consumer*> members;
        std::uint64_t generation = 0;
        std::set<Consumer*> ready;  // have given up what they had
    };

    class Consumer : public LogConsumer {
      public:
        Consumer(MemoryLog& log, LogConsumerOptions options)
            : log_(log), options_(std::move(options)) {
            const std::lock_guard lock(log_.mutex_);
            Group& group = log_.groups_[options_.group];
            group.members.push_back(this);
            ++group.generation;
            group.ready.clear();
        }
        ~Consumer() override { close(); }

        Result<std::vector<ReceivedRecord>> poll(std::chrono::milliseconds timeout,
                                                 std::size_t limit) override {
            const auto until = std::chrono::steady_clock::now() + timeout;
            if (!fenced_ && log_.fence) fenced_ = log_.fence(options_);
            if (fenced_) return std::unexpected(*fenced_);
            while (true) {
                rebalance();
                auto found = take(limit);
                if (!found.empty() || std::chrono::steady_clock::now() >= until) return found;
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            }
        }
        void pause(bool paused) override { paused_ = paused; }
        void finished(const LogPartition& partition, std::int64_t offset) override {
            const std::lock_guard lock(log_.mutex_);
            const auto found = given_.find(partition);
            if (found == given_.end()) return;
            found->second.erase(offset);
            commit(partition);
        }
        void close() override {
            if (closed_) return;
            closed_ = true;
            give_up();
            const std::lock_guard lock(log_.mutex_);
            Group& group = log_.groups_[options_.group];
            std::erase(group.members, this);
            ++group.generation;
            group.ready.clear();
        }
        bool at_end() override {
            const std::lock_guard lock(log_.mutex_);
            if (generation_ != log_.groups_[options_.group].generation) return false;
            return std::ranges::all_of(next_, [&](const auto& each) {
                return each.second >=
                       static_cast<std::int64_t>(
                           log_.topics_[each.first.event_type]
                                       [static_cast<std::size_t>(each.first.partition)]
                                           .size());
            });
        }
        std::int64_t lag() override { return -1; }
        Result<std::vector<LogProgress>> progress() override {
            const std::lock_guard lock(log_.mutex_);
            std::vector<LogProgress> all;
            for (const auto& [partition, next] : next_) {
                const auto& records = log_.topics_[partition.event_type]
                                                  [static_cast<std::size_t>(partition.partition)];
                all.push_back({partition, next, static_cast<std::int64_t>(records.size())});
            }
            return all;
        }
        std::optional<LogPartition> partition_of(const std::string& type,
                                                 const std::string& key) override {
            return log_.partition_of(type, key);
        }

      private:
        void commit(const LogPartition& partition) {
            const auto& open = given_[partition];
            auto& committed = log_.groups_[options_.group].committed[partition];
            committed = std::max(committed, open.empty() ? next_[partition] : *open.begin());
        }
        std::vector<ReceivedRecord> take(std::size_t limit) {
            std::vector<ReceivedRecord> found;
            const std::lock_guard lock(log_.mutex_);
            if (paused_) return found;
            for (auto& [partition, next] : next_) {
                const auto& records = log_.topics_[partition.event_type]
                                                  [static_cast<std::size_t>(partition.partition)];
                while (found.size() < limit && next < static_cast<std::int64_t>(records.size())) {
                    found.emplace_back(records[static_cast<std::size_t>(next)]);
                    given_[partition].insert(next++);
                }
            }
            return found;
        }
        void give_up() {
            std::vector<LogPartition> mine;
            for (const auto& [partition, next] : next_) mine.push_back(partition);
            if (!mine.empty() && options_.revoked) options_.revoked(mine, false);
            const std::lock_guard lock(log_.mutex_);
            for (const LogPartition& partition : mine) commit(partition);
            next_.clear();
            given_.clear();
        }
        void rebalance() {
            std::vector<LogPartition> mine;
            {
                const std::lock_guard lock(log_.mutex_);
                if (generation_ == log_.groups_[options_.group].generation) return;
            }
            give_up();
            {
                const std::lock_guard lock(log_.mutex_);
                Group& group = log_.groups_[options_.group];
                group.ready.insert(this);
                if (group.ready.size() < group.members.size()) return;
                // Under the same lock: a member that joins in between begins a new generation.
                generation_ = group.generation;
                const auto me = static_cast<std::size_t>(std::ranges::find(group.members, this) -
                                                         group.members.begin());
                for (const std::string& type : options_.event_types) {
                    for (std::int32_t number = 0; number < log_.count_; ++number) {
                        if (static_cast<std::size_t>(number) % group.members.size() != me) continue;
                        const LogPartition partition{type, number};
                        next_[partition] =
                            std::max(group.committed[partition], log_.lows_[partition]);
                        mine.push_back(partition);
                    }
                }
            }
            if (options_.assigned) options_.assigned(mine);
        }

        MemoryLog& log_;
        LogConsumerOptions options_;
        std::uint64_t generation_ = 0;
        std::map<LogPartition, std::int64_t> next_;
        std::map<LogPartition, std::set<std::int64_t>> given_;
        std::optional<Error> fenced_;
        bool paused_ = false;
        bool closed_ = false;
    };

    [[nodiscard]] LogPartition partition_of(const std::string& type, const std::string& key) const {
        const auto hash = std::hash<std::string>{}(key) % static_cast<std::size_t>(count_);
        return {type, static_cast<std::int32_t>(hash)};
    }

    const std::int32_t count_;
    std::mutex mutex_;
    std::map<std::string, std::vector<std::vector<LogRecord>>> topics_;
    std::map<LogPartition, std::int64_t> lows_;
    std::map<std::string, Group> groups_;
};

}  // namespace quipu::delivery_test
