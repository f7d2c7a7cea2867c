// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <map>
#include <optional>
#include <set>

#include "log/kafka/support.hpp"

namespace quipu::test {

/// A real broker, with topics of its own for each test. Skips without one.
class KafkaLiveTest : public testing::Test {
  protected:
    using Properties = std::vector<std::pair<std::string, std::string>>;

    /// `variable` is that of the environment that names the brokers.
    explicit KafkaLiveTest(const char* variable)
        : variable_(variable), brokers_(environment(variable)) {}

    void SetUp() override {
        if (brokers_.empty()) {
            GTEST_SKIP() << variable_ << " names no broker; see tools/servers";
        }
        prefix_ = std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) +
                  std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + ".";
        log_ = open(default_properties());
        ASSERT_TRUE(log_);
    }
    virtual Properties default_properties() { return {}; }

    [[nodiscard]] KafkaOptions options(Properties properties) {
        KafkaOptions options;
        options.brokers = brokers_;
        options.prefix = prefix_;
        options.properties = std::move(properties);
        options.notice = notices_.sink();
        return options;
    }
    [[nodiscard]] std::unique_ptr<TopicLog> open(Properties properties = {}) {
        auto log = open_kafka_log(options(std::move(properties)));
        EXPECT_TRUE(log) << log.error().message;
        return log ? std::move(*log) : nullptr;
    }

    void create(const std::string& type, std::int32_t partitions = 1,
                std::int32_t replication = 1) {
        TopicSpec spec;
        spec.event_type = type;
        spec.partitions = partitions;
        spec.replication = replication;
        std::optional<Error> error;
        // A cluster that has just started may have too few brokers at first.
        ASSERT_TRUE(eventually([&] {
            const auto results = log_->apply(plan_topics({spec}, {}));
            if (!results) {
                error = results.error();
                return false;
            }
            error = results->front().error;
            return !error || error->code == ErrorCode::conflict;
        })) << error->message;
    }

    Result<LogPlace> produce(TopicLog& log, LogRecord record) {
        auto promise = std::make_shared<std::promise<Result<LogPlace>>>();
        auto future = promise->get_future();
        log.produce(std::move(record),
                    [promise](Result<LogPlace> place) { promise->set_value(std::move(place)); });
        return future.get();
    }
    Result<LogPlace> produce(LogRecord record) { return produce(*log_, std::move(record)); }

    void produce_numbers(const std::string& type, int first, int count, int keys = 5) {
        std::atomic<int> acknowledged = 0;
        for (int i = first; i < first + count; ++i) {
            log_->produce(log_record(type, "key" + std::to_string(i % keys), std::to_string(i)),
                          [&](const Result<LogPlace>& place) { acknowledged += place ? 1 : 0; });
        }
        ASSERT_TRUE(log_->flush(60s));
        ASSERT_EQ(acknowledged, count);
    }

    [[nodiscard]] std::unique_ptr<LogConsumer> consume(LogConsumerOptions options) {
        auto consumer = log_->consume(std::move(options));
        EXPECT_TRUE(consumer) << consumer.error().message;
        return consumer ? std::move(*consumer) : nullptr;
    }
    [[nodiscard]] LogConsumerOptions group(std::vector<std::string> types) const {
        LogConsumerOptions options;
        options.group = "group";
        options.event_types = std::move(types);
        return options;
    }

    /// Polls until there are `count` records.
    std::vector<LogRecord> read(LogConsumer& consumer, std::size_t count, bool finish = true) {
        std::vector<LogRecord> records;
        EXPECT_TRUE(eventually([&] {
            auto more = consumer.poll(100ms, count - records.size());
            if (!more) return false;
            for (const auto& record : *more) {
                if (finish) {
                    consumer.finished(record.partition(), record.offset());
                }
                records.push_back(record.copy());
            }
            return records.size() >= count;
        })) << records.size()
            << " of " << count;
        return records;
    }
    static void finish(LogConsumer& consumer, const LogRecord& record) {
        consumer.finished(record.place.partition, record.place.offset);
    }
    static std::vector<std::string> values(const std::vector<LogRecord>& records) {
        std::vector<std::string> values;
        values.reserve(records.size());
        for (const auto& record : records) {
            values.push_back(record.value);
        }
        return values;
    }
    /// The numbers of produce_numbers rise within each key.
    static void expect_order(const std::vector<LogRecord>& records) {
        std::map<std::string, int> last;
        for (const auto& record : records) {
            const int number = std::stoi(record.value);
            const auto [at, first] = last.try_emplace(record.key.value_or(""), number);
            EXPECT_TRUE(first || at->second < number) << *record.key << ": " << number;
            at->second = number;
        }
    }

    const char* variable_;
    std::string brokers_;
    std::string prefix_;
    Notices notices_;
    std::unique_ptr<TopicLog> log_;
};

}  // namespace quipu::test
