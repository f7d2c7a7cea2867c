// SPDX-License-Identifier: Apache-2.0
// Three real brokers, some of which stop, die and come back.
#include <cstdlib>
#include <iostream>

#include "log/kafka/live.hpp"

namespace quipu::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

class KafkaCluster : public KafkaLiveTest {
  protected:
    KafkaCluster()
        : KafkaLiveTest("QUIPU_TEST_KAFKA3"), servers_(environment("QUIPU_TEST_SERVERS")) {}

    void TearDown() override {
        for (const std::string& line :
             HasFailure() ? notices_.lines() : std::vector<std::string>{}) {
            std::cerr << line << '\n';
        }
        log_.reset();
        for (const int broker : {1, 2, 3}) {
            if (paused_.contains(broker)) {
                server("resume", broker);
            }
            if (killed_.contains(broker)) {
                server("start", broker);
            }
        }
    }
    void server(const std::string& command, int broker) {
        if (command == "kill") {
            killed_.insert(broker);
        } else if (command == "start") {
            killed_.erase(broker);
        } else if (command == "pause") {
            paused_.insert(broker);
        } else {
            paused_.erase(broker);
        }
        const std::string line = servers_ + " " + command + " " + std::to_string(broker);
        EXPECT_EQ(std::system(line.c_str()), 0) << line;
    }

    /// Produces numbers on a thread of its own until each is acknowledged. What the log has lost it
    /// sends again in order, as callers must.
    class Stream {
        struct State {
            explicit State(int count) : acknowledged(static_cast<std::size_t>(count)) {}
            std::vector<std::atomic<bool>> acknowledged;
            std::atomic<int> sum = 0;
            std::atomic<bool> lost = false;
            std::atomic<bool> refused = false;
        };

      public:
        Stream(TopicLog& log, int count) : log_(log), state_(std::make_shared<State>(count)) {
            thread_ = std::thread([this, count] { run(count); });
        }
        ~Stream() { thread_.join(); }
        Stream(const Stream&) = delete;
        Stream& operator=(const Stream&) = delete;
        [[nodiscard]] int acknowledged() const { return state_->sum; }

      private:
        void run(int count) {
            std::uint64_t epoch = log_.epoch();
            for (int number = 0; number < count; ++number) {
                send(number, epoch);
                std::this_thread::sleep_for(1ms);
                while (!state_->refused &&
                       (state_->lost || (number + 1 == count && state_->sum < count))) {
                    ASSERT_TRUE(log_.flush(90s)) << log_.health().problem;
                    state_->lost = false;
                    epoch = log_.epoch();
                    for (int again = 0; again <= number; ++again) {
                        if (!state_->acknowledged[static_cast<std::size_t>(again)]) {
                            send(again, epoch);
                        }
                    }
                }
            }
        }
        void send(int number, std::uint64_t epoch) {
            log_.produce(
                log_record("numbers", "key" + std::to_string(number % 5), std::to_string(number)),
                [state = state_, number](const Result<LogPlace>& place) {
                    if (place) {
                        state->acknowledged[static_cast<std::size_t>(number)] = true;
                        ++state->sum;
                    } else {
                        EXPECT_TRUE(place.error().retryable()) << place.error().message;
                        (place.error().retryable() ? state->lost : state->refused) = true;
                    }
                },
                epoch);
        }

        TopicLog& log_;
        std::shared_ptr<State> state_;  ///< outlives this with the last record
        std::thread thread_;
    };

    /// Each number once, but for what came again after a loss, and those of a key in order.
    void read_all(int count) {
        const auto consumer = consume(group({"numbers"}));
        std::vector<LogRecord> first;
        std::set<std::string> seen;
        int again = 0;
        EXPECT_TRUE(eventually([&] {
            const auto records = consumer->poll(100ms, 256);
            if (!records) return false;
            for (const auto& record : *records) {
                if (seen.emplace(record.value()).second) {
                    first.push_back(record.copy());
                } else {
                    ++again;
                }
            }
            return seen.size() >= static_cast<std::size_t>(count);
        })) << seen.size()
            << " of " << count;
        expect_order(first);
        EXPECT_TRUE(again == 0 || log_->epoch() > 0) << again;
    }

    std::string servers_;
    std::set<int> paused_;
    std::set<int> killed_;
};

TEST_F(KafkaCluster, TopicsWithThreeReplicasWantTwo) {
    create("numbers", 3, 3);
    // Any broker may be asked, and each learns of a topic in its own time.
    Result<std::vector<TopicState>> states;
    ASSERT_TRUE(eventually([&] {
        states = log_->topics({"numbers"});
        return states && states->size() == 1U;
    }));
    EXPECT_EQ(states->at(0).replication, 3);
    EXPECT_EQ(states->at(0).partitions, 3);
    EXPECT_TRUE(produce(log_record("numbers", "k", "v")));
}

/// No acknowledged record is lost and each key keeps its order, whichever broker dies meanwhile.
TEST_F(KafkaCluster, KilledAndHungBrokersLoseNothing) {
    create("numbers", 3, 3);
    constexpr int count = 6000;
    {
        Stream stream(*log_, count);
        ASSERT_TRUE(eventually([&] { return stream.acknowledged() > 500; }));
        server("kill", 2);
        std::this_thread::sleep_for(1s);
        server("start", 2);
        ASSERT_TRUE(eventually([&] { return stream.acknowledged() > 2000; }));
        server("pause", 3);
        std::this_thread::sleep_for(5s);
        server("resume", 3);
    }
    ASSERT_TRUE(log_->flush(90s)) << log_->health().problem;
    EXPECT_EQ(log_->health().queued, 0);
    read_all(count);
}

TEST_F(KafkaCluster, OutageOfAllBrokersIsReportedAndRecovered) {
    create("numbers", 3, 3);
    ASSERT_TRUE(eventually([&] { return log_->health().reachable; }));
    for (const int broker : {1, 2, 3}) {
        server("pause", broker);
    }
    EXPECT_TRUE(eventually([&] { return !log_->health().reachable; }, 15s));
    EXPECT_THAT(log_->health().problem, HasSubstr("Kafka"));
    std::atomic<int> acknowledged = 0;
    for (int i = 0; i < 100; ++i) {
        log_->produce(log_record("numbers", "key" + std::to_string(i % 5), std::to_string(i)),
                      [&](const Result<LogPlace>& place) { acknowledged += place ? 1 : 0; });
    }
    for (const int broker : {1, 2, 3}) {
        server("resume", broker);
    }
    EXPECT_TRUE(eventually([&] { return log_->health().reachable; }));
    ASSERT_TRUE(log_->flush(90s)) << log_->health().problem;
    EXPECT_EQ(acknowledged, 100);
    EXPECT_TRUE(eventually([&] { return log_->health().problem.empty(); }))
        << log_->health().problem;
    EXPECT_THAT(notices_.lines(), Contains(HasSubstr("answers")));
    read_all(100);
}

}  // namespace
}  // namespace quipu::test
