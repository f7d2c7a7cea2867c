#include <future>
#include <map>
#include <set>

#include "log/kafka_support.hpp"

namespace quipu::test {
namespace {

/// A broker with a topic of its own for each test.
class KafkaLive : public testing::Test {
  protected:
    void SetUp() override {
        brokers_ = environment("QUIPU_TEST_KAFKA");
        if (brokers_.empty()) {
            GTEST_SKIP() << "QUIPU_TEST_KAFKA names no broker; see tools/servers";
        }
        prefix_ = std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
                  std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + ".";
        log_ = open();
    }

    std::unique_ptr<TopicLog> open(
        std::vector<std::pair<std::string, std::string>> properties = {}) {
        KafkaOptions options;
        options.brokers = brokers_;
        options.prefix = prefix_;
        options.properties = std::move(properties);
        options.notice = notices_.sink();
        auto log = open_kafka_log(std::move(options));
        EXPECT_TRUE(log) << log.error().message;
        return log ? std::move(*log) : nullptr;
    }

    void create(const std::string& type, std::int32_t partitions = 1) {
        TopicSpec spec;
        spec.event_type = type;
        spec.partitions = partitions;
        const auto results = log_->apply(plan_topics({spec}, {}));
        ASSERT_TRUE(results) << results.error().message;
        for (const auto& result : *results) {
            ASSERT_FALSE(result.error) << result.error->message;
        }
    }

    Result<LogPlace> produce(TopicLog& log, LogRecord record) {
        auto promise = std::make_shared<std::promise<Result<LogPlace>>>();
        auto future = promise->get_future();
        log.produce(std::move(record),
                    [promise](Result<LogPlace> place) { promise->set_value(std::move(place)); });
        return future.get();
    }
    Result<LogPlace> produce(LogRecord record) { return produce(*log_, std::move(record)); }

    std::unique_ptr<LogConsumer> consume(LogConsumerOptions options) {
        auto consumer = log_->consume(std::move(options));
        EXPECT_TRUE(consumer) << consumer.error().message;
        return consumer ? std::move(*consumer) : nullptr;
    }
    LogConsumerOptions group(std::vector<std::string> types) {
        LogConsumerOptions options;
        options.group = prefix_ + "group";
        options.event_types = std::move(types);
        return options;
    }

    /// Polls until there are `count` records, or for ever.
    std::vector<LogRecord> read(LogConsumer& consumer, std::size_t count, bool finish = true) {
        std::vector<LogRecord> records;
        EXPECT_TRUE(eventually([&] {
            auto more = consumer.poll(100ms, count - records.size());
            EXPECT_TRUE(more) << more.error().message;
            for (auto& record : more.value_or(std::vector<LogRecord>{})) {
                if (finish) {
                    consumer.finished(record.place);
                }
                records.push_back(std::move(record));
            }
            return records.size() >= count;
        })) << records.size()
            << " of " << count;
        return records;
    }

    std::string brokers_;
    std::string prefix_;
    Notices notices_;
    std::unique_ptr<TopicLog> log_;
};

TEST_F(KafkaLive, RecordsOfAKeyAreReadInTheOrderOfTheirCalls) {
    create("numbers", 3);
    std::atomic<int> acknowledged = 0;
    for (int i = 0; i < 3000; ++i) {
        log_->produce(log_record("numbers", "key" + std::to_string(i % 7), std::to_string(i)),
                      [&](const Result<LogPlace>& place) { acknowledged += place ? 1 : 0; });
    }
    ASSERT_TRUE(log_->flush(60s));
    EXPECT_EQ(acknowledged, 3000);
    const auto consumer = consume(group({"numbers"}));
    std::map<std::string, int> last;
    for (const auto& record : read(*consumer, 3000)) {
        const int number = std::stoi(record.value);
        const auto [at, first] = last.try_emplace(*record.key, number);
        EXPECT_TRUE(first || at->second < number) << *record.key;
        at->second = number;
    }
    EXPECT_EQ(last.size(), 7U);
}

}  // namespace
}  // namespace quipu::test
