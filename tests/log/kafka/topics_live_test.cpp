// SPDX-License-Identifier: Apache-2.0
// Topics of a real broker.
#include <librdkafka/rdkafka.h>

#include <cstdio>

#include "log/kafka/live.hpp"
#include "quipu/log/kafka/client.hpp"

namespace quipu::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = TopicChange::Kind;

class KafkaTopics : public KafkaLiveTest {
  protected:
    KafkaTopics() : KafkaLiveTest("QUIPU_TEST_KAFKA") {}

    std::vector<TopicState> states(const std::vector<std::string>& types) {
        auto states = log_->topics(types);
        EXPECT_TRUE(states) << states.error().message;
        return states.value_or(std::vector<TopicState>{});
    }
    std::vector<TopicResult> reach(const std::vector<TopicSpec>& wanted) {
        std::vector<std::string> types;
        for (const auto& spec : wanted) {
            types.push_back(spec.event_type);
        }
        auto results = log_->apply(plan_topics(wanted, states(types)));
        EXPECT_TRUE(results) << results.error().message;
        return results.value_or(std::vector<TopicResult>{});
    }
    void expect_done(const std::vector<TopicResult>& results) {
        for (const auto& result : results) {
            EXPECT_FALSE(result.error) << result.error->message;
        }
    }
};

TEST_F(KafkaTopics, AreCreatedSoThatThePlanIsEmpty) {
    const std::vector<TopicSpec> wanted{{"a", 3, 1h, 1}, {"b", 1, 48h, 1}};
    const auto results = reach(wanted);
    EXPECT_THAT(results, SizeIs(2));
    expect_done(results);
    const auto found = states({"a", "b", "c"});
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].event_type, "a");
    EXPECT_EQ(found[0].partitions, 3);
    EXPECT_EQ(found[0].replication, 1);
    EXPECT_EQ(found[0].retention, 1h);
    EXPECT_EQ(found[1].retention, 48h);
    EXPECT_THAT(reach(wanted), IsEmpty());
}

TEST_F(KafkaTopics, GetPartitionsAndRetention) {
    expect_done(reach({{"a", 1, 1h, 1}}));
    const auto results = reach({{"a", 4, 2h, 1}});
    EXPECT_THAT(results, SizeIs(2));
    expect_done(results);
    ASSERT_TRUE(eventually([&] { return states({"a"})[0].partitions == 4; }));
    EXPECT_EQ(states({"a"})[0].retention, 2h);
}

TEST_F(KafkaTopics, KeepSettingsOfOtherTools) {
    expect_done(reach({{"a", 1, 1h, 1}}));
    // As an operator does with Kafka's own tools.
    auto config = kafka::Config::check(options({}));
    ASSERT_TRUE(config);
    const auto health = std::make_shared<kafka::Health>(brokers_, kafka::Secrets{}, nullptr);
    auto client = kafka::Client::create(kafka::Role::control, config->make(kafka::Role::control),
                                        health, nullptr);
    ASSERT_TRUE(client);
    const auto topic = prefix_ + "a";
    const kafka::Queue queue(rd_kafka_queue_new(client->get()));
    const auto resource = [&] {
        return kafka::ConfigResource(
            rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    };
    const auto set = resource();
    rd_kafka_ConfigResource_set_config(set.get(), "retention.ms", "3600000");
    rd_kafka_ConfigResource_set_config(set.get(), "max.message.bytes", "54321");
    rd_kafka_ConfigResource_set_config(set.get(), "cleanup.policy", "compact,delete");
    auto* raw = set.get();
    rd_kafka_AlterConfigs(client->get(), &raw, 1, nullptr, queue.get());
    const kafka::EventHandle altered(rd_kafka_queue_poll(queue.get(), 30'000));
    ASSERT_NE(altered, nullptr);
    ASSERT_EQ(rd_kafka_event_error(altered.get()), 0);

    expect_done(reach({{"a", 1, 5h, 1}}));

    const auto asked = resource();
    raw = asked.get();
    rd_kafka_DescribeConfigs(client->get(), &raw, 1, nullptr, queue.get());
    const kafka::EventHandle described(rd_kafka_queue_poll(queue.get(), 30'000));
    ASSERT_NE(described, nullptr);
    std::size_t count = 0;
    const auto** resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(described.get()), &count);
    ASSERT_EQ(count, 1U);
    const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    std::map<std::string, std::string> values;
    for (std::size_t i = 0; i < count; ++i) {
        const char* value = rd_kafka_ConfigEntry_value(entries[i]);
        values[rd_kafka_ConfigEntry_name(entries[i])] = value == nullptr ? "" : value;
    }
    EXPECT_EQ(values["retention.ms"], "18000000");
    EXPECT_EQ(values["max.message.bytes"], "54321");
    EXPECT_EQ(values["cleanup.policy"], "compact,delete");
}

TEST_F(KafkaTopics, ImpossibleChangesAreReported) {
    expect_done(reach({{"a", 3, 1h, 1}}));
    const auto results = reach({{"a", 2, 1h, 1}});
    ASSERT_THAT(results, SizeIs(1));
    EXPECT_EQ(results[0].change.kind, Kind::differs);
    ASSERT_TRUE(results[0].error);
    EXPECT_EQ(results[0].error->code, ErrorCode::invalid);
    EXPECT_EQ(states({"a"})[0].partitions, 3);
}

TEST_F(KafkaTopics, FailedChangeDoesNotStopOthers) {
    const auto results = reach({{"too_many_replicas", 1, 1h, 9}, {"good", 1, 1h, 1}});
    ASSERT_THAT(results, SizeIs(2));
    ASSERT_TRUE(results[0].error);
    EXPECT_EQ(results[0].error->code, ErrorCode::invalid);
    EXPECT_THAT(results[0].error->message, HasSubstr("are there so many brokers?"));
    EXPECT_FALSE(results[1].error);
    EXPECT_THAT(states({"too_many_replicas", "good"}), SizeIs(1));
    const auto again = log_->apply({{Kind::create, {"good", 1, 1h, 1}, std::nullopt}});
    ASSERT_TRUE(again);
    ASSERT_TRUE((*again)[0].error);
    EXPECT_EQ((*again)[0].error->code, ErrorCode::conflict);
}

}  // namespace
}  // namespace quipu::test
