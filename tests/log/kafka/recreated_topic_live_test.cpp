// SPDX-License-Identifier: Apache-2.0
// Topics of a real broker that are deleted and created again, truncated or shortened.
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "log/kafka/live.hpp"
#include "quipu/log/kafka/checkpoint.hpp"
#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class KafkaRecreatedTopic : public KafkaLiveTest {
  protected:
    KafkaRecreatedTopic() : KafkaLiveTest("QUIPU_TEST_KAFKA") {}

    void SetUp() override {
        KafkaLiveTest::SetUp();
        if (IsSkipped()) return;
        auto config = kafka::Config::check(options({}));
        ASSERT_TRUE(config);
        config_.emplace(std::move(*config));
        auto conf = config_->make(kafka::Role::consumer);
        rd_kafka_conf_set(conf.get(), "group.id", (prefix_ + "group").c_str(), nullptr, 0);
        auto client = kafka::Client::create(
            kafka::Role::consumer, std::move(conf),
            std::make_shared<kafka::Health>(brokers_, kafka::Secrets{}, nullptr), nullptr);
        ASSERT_TRUE(client);
        client_.emplace(std::move(*client));
    }

    void await_answer(const kafka::Queue& queue) {
        const kafka::EventHandle event(rd_kafka_queue_poll(queue.get(), 30'000));
        ASSERT_NE(event, nullptr);
        ASSERT_EQ(rd_kafka_event_error(event.get()), 0);
    }
    void delete_topic(const std::string& type) {
        auto* topic = rd_kafka_DeleteTopic_new((prefix_ + type).c_str());
        const kafka::Queue queue(rd_kafka_queue_new(client_->get()));
        rd_kafka_DeleteTopics(client_->get(), &topic, 1, nullptr, queue.get());
        await_answer(queue);
        rd_kafka_DeleteTopic_destroy(topic);
    }
    /// As retention does.
    void delete_records(const std::string& type, std::int64_t before) {
        const auto list = kafka::make_list(std::vector<LogPlace>{{{type, 0}, before}}, *config_);
        auto* records = rd_kafka_DeleteRecords_new(list.get());
        const kafka::Queue queue(rd_kafka_queue_new(client_->get()));
        rd_kafka_DeleteRecords(client_->get(), &records, 1, nullptr, queue.get());
        await_answer(queue);
        rd_kafka_DeleteRecords_destroy(records);
    }
    /// Commits for the group while it has no members.
    void commit(const kafka::PartitionList& list) {
        ASSERT_TRUE(
            eventually([&] { return rd_kafka_commit(client_->get(), list.get(), 0) == 0; }));
    }
    void commit(const std::string& type, std::int64_t offset, std::uint32_t digest) {
        commit(kafka::make_list(std::vector<kafka::Checkpoint>{{{{type, 0}, offset}, digest}},
                                *config_));
    }

    /// The first `count` records that the group reads, all of them finished.
    std::vector<std::string> read_and_leave(std::size_t count, bool from_earliest = true) {
        auto chosen = group({"numbers"});
        chosen.from_earliest = from_earliest;
        const auto consumer = consume(std::move(chosen));
        auto found = values(read(*consumer, count));
        consumer->close();
        return found;
    }
    void expect_restarts(bool expected) {
        const auto told = Contains(HasSubstr("deleted and created again"));
        if (expected) {
            EXPECT_THAT(notices_.lines(), told);
        } else {
            EXPECT_THAT(notices_.lines(), Not(told));
        }
    }

    std::optional<kafka::Config> config_;
    std::optional<kafka::Client> client_;
};

TEST_F(KafkaRecreatedTopic, OffsetOfAnotherRecordStartsFromTheBeginning) {
    create("numbers");
    produce_numbers("numbers", 0, 4, 1);
    // As it is when a broker keeps the offsets of a topic that is created again.
    commit("numbers", 2, 12345);
    EXPECT_THAT(read_and_leave(4), ElementsAre("0", "1", "2", "3"));
    expect_restarts(true);
}

TEST_F(KafkaRecreatedTopic, OffsetBeyondTheEndStartsFromTheBeginning) {
    create("numbers");
    produce_numbers("numbers", 0, 2, 1);
    commit("numbers", 100, 12345);
    EXPECT_THAT(read_and_leave(2, false), ElementsAre("0", "1"));
    expect_restarts(true);
}

TEST_F(KafkaRecreatedTopic, OffsetOneBeyondTheEndStartsFromTheBeginning) {
    create("numbers");
    produce_numbers("numbers", 0, 2, 1);
    commit("numbers", 3, 12345);
    EXPECT_THAT(read_and_leave(2), ElementsAre("0", "1"));
    expect_restarts(true);
}

TEST_F(KafkaRecreatedTopic, UnchangedTopicIsContinued) {
    create("numbers");
    produce_numbers("numbers", 0, 3, 1);
    EXPECT_THAT(read_and_leave(3), ElementsAre("0", "1", "2"));
    produce_numbers("numbers", 3, 1, 1);
    EXPECT_THAT(read_and_leave(1), ElementsAre("3"));
    expect_restarts(false);
}

TEST_F(KafkaRecreatedTopic, OffsetWithoutADigestIsContinued) {
    create("numbers");
    produce_numbers("numbers", 0, 4, 1);
    commit(kafka::make_list(std::vector<LogPlace>{{{"numbers", 0}, 2}}, *config_));
    EXPECT_THAT(read_and_leave(2), ElementsAre("2", "3"));
    expect_restarts(false);
}

TEST_F(KafkaRecreatedTopic, RetentionAloneIsNoRecreation) {
    create("numbers");
    produce_numbers("numbers", 0, 3, 1);
    EXPECT_THAT(read_and_leave(3), ElementsAre("0", "1", "2"));
    produce_numbers("numbers", 3, 3, 1);
    delete_records("numbers", 4);
    EXPECT_THAT(read_and_leave(2), ElementsAre("4", "5"));
    expect_restarts(false);
}

TEST_F(KafkaRecreatedTopic, RunningMemberReadsTheNewTopicFromItsBeginning) {
    create("numbers");
    produce_numbers("numbers", 0, 3, 1);
    auto chosen = group({"numbers"});
    const auto consumer = consume(std::move(chosen));
    EXPECT_THAT(values(read(*consumer, 3)), ElementsAre("0", "1", "2"));
    delete_topic("numbers");
    ASSERT_TRUE(eventually([&] {
        static_cast<void>(consumer->poll(20ms, 10));
        return std::ranges::any_of(notices_.lines(), [](const std::string& line) {
            return line.contains("no longer available");
        });
    })) << testing::PrintToString(notices_.lines());
    create("numbers");
    // As many as the member had read, so that its offset is within the new topic.
    produce_numbers("numbers", 10, 5, 1);
    EXPECT_THAT(values(read(*consumer, 5)), ElementsAre("10", "11", "12", "13", "14"));
}

}  // namespace
}  // namespace quipu::test
