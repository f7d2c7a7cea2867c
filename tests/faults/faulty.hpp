// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faults/plan.hpp"
#include "quipu/log/topic_log.hpp"
#include "store/store_proxy.hpp"

namespace quipu::faults {

/// Kills this process at a point of the program that the plan names.
class Death {
  public:
    explicit Death(const Plan& plan) : plan_(plan) {}
    void pass(std::string_view point);

  private:
    const Plan& plan_;
    std::atomic<int> passed_{0};
};

/// A store in which the process may die before and after a commit: points before_publish_commit,
/// after_publish_commit (an event), before_effect, after_effect (a handling), before_mark and
/// after_mark (the relay's). Plant `double`: some effects are committed without their finished
/// mark.
class FaultyStore : public test::StoreProxy {
  public:
    FaultyStore(Store& inner, const Plan& plan, Death& death)
        : StoreProxy(inner), inner_(inner), plan_(plan), death_(death) {}
    void submit(Transaction transaction, Done done) override;

  private:
    Store& inner_;
    const Plan& plan_;
    Death& death_;
    std::atomic<int> effects_{0};
};

/// A log that publishes records twice and late, and delivers late; the process may die at the
/// points before_produce, after_ack (the broker has it, the relay does not know) and before_offset
/// (the effect is committed, its offset is not). Plants: `lost` says that some records are in the
/// log which are not, `order` swaps two records of a key, `offset` commits offsets before effects.
class FaultyLog : public TopicLog {
  public:
    FaultyLog(TopicLog& inner, const Plan& plan, Death& death)
        : inner_(inner), plan_(plan), death_(death), random_(plan.seed) {}

    void produce(LogRecord record, Done done,
                 std::optional<std::uint64_t> epoch = std::nullopt) override;
    std::uint64_t epoch() override { return inner_.epoch(); }
    bool flush(std::chrono::milliseconds timeout) override { return inner_.flush(timeout); }
    void purge() override { inner_.purge(); }
    Result<std::unique_ptr<LogConsumer>> consume(LogConsumerOptions options) override;
    Result<std::vector<TopicState>> topics(const std::vector<std::string>& types) override {
        return inner_.topics(types);
    }
    Result<std::vector<TopicResult>> apply(const std::vector<TopicChange>& changes) override {
        return inner_.apply(changes);
    }
    LogHealth health() override { return inner_.health(); }

  private:
    class Member;
    using Clock = std::chrono::steady_clock;
    struct Held {
        LogRecord record;
        Done done;
        std::optional<std::uint64_t> epoch;
    };

    void repeat(const LogRecord& record);

    TopicLog& inner_;
    const Plan& plan_;
    Death& death_;
    std::mutex mutex_;
    std::mt19937 random_;
    int produced_ = 0;
    std::deque<std::pair<Clock::time_point, LogRecord>> late_;
    std::optional<Held> held_;
};

}  // namespace quipu::faults
