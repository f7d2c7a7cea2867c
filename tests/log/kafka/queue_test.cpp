// SPDX-License-Identifier: Apache-2.0
// A queue that is much smaller than what goes through it.
#include "log/kafka/mock.hpp"

namespace quipu::test {
namespace {

class KafkaQueue : public KafkaMockTest {
  protected:
    Properties default_properties() override {
        return {{"queue.buffering.max.messages", "50"}, {"linger.ms", "0"}};
    }
    /// Produces on several threads at once, which also free acknowledged records.
    void produce_from(int threads, int each, const std::string& value) {
        std::vector<std::thread> callers;
        callers.reserve(static_cast<std::size_t>(threads));
        for (int caller = 0; caller < threads; ++caller) {
            callers.emplace_back([&, caller] {
                const std::string key = "key " + std::to_string(caller);
                for (int i = 0; i < each; ++i) {
                    log_->produce(log_record("made", key, value),
                                  [&](const Result<LogPlace>& at) { ++(at ? stored_ : lost_); });
                }
            });
        }
        for (auto& caller : callers) caller.join();
    }

    std::atomic<int> stored_ = 0;
    std::atomic<int> lost_ = 0;
};

TEST_F(KafkaQueue, AcknowledgedRecordsMakeRoom) {
    make_topic("made", 3);
    produce_from(3, 1000, "value");
    EXPECT_TRUE(log_->flush(30s));
    EXPECT_EQ(stored_, 3000);
    EXPECT_EQ(log_->health().queued, 0);
}

TEST_F(KafkaQueue, AcceptsLargeRecordsTogether) {
    make_topic("made", 3);
    produce_from(2, 100, std::string(300'000, 'v'));
    EXPECT_TRUE(log_->flush(30s));
    EXPECT_EQ(stored_, 200);
}

TEST_F(KafkaQueue, PurgeWhileOthersProduce) {
    make_topic("made", 3);
    std::atomic<bool> ended = false;
    std::thread purging([&] {
        for (int i = 0; i < 10; ++i) {
            std::this_thread::sleep_for(30ms);
            log_->purge();
        }
        ended = true;
    });
    int made = 0;
    for (; !ended; made += 60) produce_from(3, 20, "value");
    purging.join();
    EXPECT_TRUE(log_->flush(30s));
    EXPECT_EQ(stored_ + lost_, made);
    EXPECT_GT(lost_, 0);
    stored_ = 0;
    EXPECT_TRUE(eventually([&] {
        produce_from(1, 1, "value");
        return log_->flush(30s) && stored_ > 0;
    }));
}

}  // namespace
}  // namespace quipu::test
