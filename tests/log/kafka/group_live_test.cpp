// SPDX-License-Identifier: Apache-2.0
// Consumer groups at a real broker.
#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "log/kafka/live.hpp"
#include "quipu/log/kafka/client.hpp"
#include "quipu/log/kafka/records.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A member of a group on a thread of its own, which finishes what it reads.
class Member {
  public:
    Member(TopicLog& log, LogConsumerOptions options) {
        options.assigned = [this](const std::vector<LogPartition>& partitions) {
            const std::scoped_lock lock(mutex_);
            assigned_ = partitions;
            ++assignments_;
        };
        options.revoked = [this](const std::vector<LogPartition>&, bool) {
            const std::scoped_lock lock(mutex_);
            assigned_.clear();
            ++revocations_;
        };
        auto consumer = log.consume(std::move(options));
        EXPECT_TRUE(consumer) << consumer.error().message;
        consumer_ = std::move(*consumer);
        thread_ = std::thread([this] { run(); });
    }
    ~Member() { stop(); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    void stop() {
        stop_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
    }
    [[nodiscard]] std::size_t assigned() const {
        const std::scoped_lock lock(mutex_);
        return assigned_.size();
    }
    [[nodiscard]] int assignments() const {
        const std::scoped_lock lock(mutex_);
        return assignments_;
    }
    [[nodiscard]] int revocations() const {
        const std::scoped_lock lock(mutex_);
        return revocations_;
    }
    [[nodiscard]] std::vector<LogRecord> records() const {
        const std::scoped_lock lock(mutex_);
        return records_;
    }

  private:
    void run() {
        while (!stop_) {
            auto records = consumer_->poll(50ms, 10);
            if (!records) {
                continue;
            }
            for (const auto& record : *records) {
                consumer_->finished(record.partition(), record.offset());
                const std::scoped_lock lock(mutex_);
                records_.push_back(record.copy());
            }
        }
        consumer_->close();
    }

    mutable std::mutex mutex_;
    std::vector<LogPartition> assigned_;
    std::vector<LogRecord> records_;
    int assignments_ = 0;
    int revocations_ = 0;
    std::atomic<bool> stop_ = false;
    std::unique_ptr<LogConsumer> consumer_;
    std::thread thread_;
};

class KafkaGroup : public KafkaLiveTest {
  protected:
    KafkaGroup() : KafkaLiveTest("QUIPU_TEST_KAFKA") {}

    static bool gives_nothing(LogConsumer& consumer, std::chrono::milliseconds within) {
        const auto records = consumer.poll(within, 10);
        return records && records->empty();
    }

    /// What the broker has as the group's offset, asked without joining the group; -1 for none.
    std::int64_t committed(const std::string& type, std::int32_t partition = 0) {
        return committed_by(prefix_ + "group", type, partition);
    }
    std::int64_t committed_by(const std::string& group_id, const std::string& type,
                              std::int32_t partition = 0) {
        auto config = kafka::Config::check(options({}));
        EXPECT_TRUE(config);
        auto conf = config->make(kafka::Role::consumer);
        rd_kafka_conf_set(conf.get(), "group.id", group_id.c_str(), nullptr, 0);
        const auto health = std::make_shared<kafka::Health>(brokers_, kafka::Secrets{}, nullptr);
        const auto client =
            kafka::Client::create(kafka::Role::consumer, std::move(conf), health, nullptr);
        EXPECT_TRUE(client);
        const auto list = kafka::make_list({{{type, partition}, -1}}, *config);
        EXPECT_EQ(rd_kafka_committed(client->get(), list.get(), 30'000), 0);
        return std::max<std::int64_t>(-1, list->elems[0].offset);
    }
};

TEST_F(KafkaGroup, TwoMembersShareThePartitionsAndLoseNothing) {
    create("numbers", 4);
    produce_numbers("numbers", 0, 200, 20);
    Member first(*log_, group({"numbers"}));
    ASSERT_TRUE(eventually([&] { return first.assigned() == 4; }));
    Member second(*log_, group({"numbers"}));
    ASSERT_TRUE(eventually([&] { return first.assigned() == 2 && second.assigned() == 2; }));
    EXPECT_GE(first.revocations(), 1);
    produce_numbers("numbers", 200, 200, 20);
    const auto seen = [&] {
        std::set<int> numbers;
        for (const auto* member : {&first, &second}) {
            for (const auto& record : member->records()) {
                numbers.insert(std::stoi(record.value));
            }
        }
        return numbers;
    };
    ASSERT_TRUE(eventually([&] { return seen().size() == 400; }));
    EXPECT_FALSE(second.records().empty());
    second.stop();
    ASSERT_TRUE(eventually([&] { return first.assigned() == 4; }));
    produce_numbers("numbers", 400, 50, 20);
    ASSERT_TRUE(eventually([&] { return seen().size() == 450; }));
    first.stop();
    // Everything was finished and no member was killed, so each record was returned once.
    EXPECT_EQ(first.records().size() + second.records().size(), 450U);
    expect_order(first.records());
    expect_order(second.records());
}

TEST_F(KafkaGroup, RestartContinuesAfterTheFinishedPrefix) {
    create("numbers");
    produce_numbers("numbers", 0, 10, 1);
    {
        const auto consumer = consume(group({"numbers"}));
        const auto records = read(*consumer, 6, false);
        for (const std::size_t i : {0U, 1U, 2U, 4U}) {  // 3 is not finished
            finish(*consumer, records[i]);
        }
        consumer->close();
    }
    const auto consumer = consume(group({"numbers"}));
    EXPECT_THAT(values(read(*consumer, 7)), ElementsAre("3", "4", "5", "6", "7", "8", "9"));
}

TEST_F(KafkaGroup, FinishedRecordsAreCommittedWhileTheMemberRuns) {
    create("numbers");
    produce_numbers("numbers", 0, 10, 1);
    const auto consumer = consume(group({"numbers"}));
    const auto records = read(*consumer, 10, false);
    EXPECT_TRUE(eventually([&] {
        return consumer->poll(20ms, 1).has_value() && consumer->lag() == 10;
    })) << consumer->lag();
    for (std::size_t i = 0; i < 7; ++i) {
        finish(*consumer, records[i]);
    }
    EXPECT_EQ(consumer->lag(), 3);
    EXPECT_TRUE(eventually([&] {
        EXPECT_TRUE(consumer->poll(100ms, 1));
        return committed("numbers") == 7;
    }));
    // The eighth holds back all that come after it.
    finish(*consumer, records[9]);
    consumer->close();
    EXPECT_EQ(committed("numbers"), 7);
}

TEST_F(KafkaGroup, LatestReadsOnlyRecordsAfterTheJoin) {
    create("numbers");
    produce_numbers("numbers", 0, 10, 1);
    auto options = group({"numbers"});
    options.from_earliest = false;
    std::atomic<bool> joined = false;
    options.assigned = [&](const auto&) { joined = true; };
    const auto consumer = consume(options);
    ASSERT_TRUE(eventually([&] {
        EXPECT_TRUE(gives_nothing(*consumer, 20ms));
        return joined && consumer->lag() == 0;
    }));
    produce_numbers("numbers", 10, 2, 1);
    EXPECT_THAT(values(read(*consumer, 2)), ElementsAre("10", "11"));
}

TEST_F(KafkaGroup, StaticMemberReturnsWithoutARebalance) {
    create("numbers", 2);
    auto options = group({"numbers"});
    options.member = "left";
    Member left(*log_, options);
    ASSERT_TRUE(eventually([&] { return left.assigned() == 2; }));
    options.member = "right";
    auto right = std::make_unique<Member>(*log_, options);
    ASSERT_TRUE(eventually([&] { return left.assigned() == 1 && right->assigned() == 1; }));
    const int before = left.assignments();
    right.reset();
    produce_numbers("numbers", 0, 40, 20);
    right = std::make_unique<Member>(*log_, options);
    ASSERT_TRUE(eventually([&] { return left.records().size() + right->records().size() == 40; }));
    EXPECT_EQ(right->assigned(), 1U);
    EXPECT_EQ(left.assignments(), before);
}

TEST_F(KafkaGroup, TwoMembersWithOneNameConflict) {
    create("numbers");
    auto options = group({"numbers"});
    options.member = "only";
    std::atomic<bool> joined = false;
    options.assigned = [&](const auto&) { joined = true; };
    const auto first = consume(options);
    ASSERT_TRUE(eventually([&] {
        EXPECT_TRUE(first->poll(20ms, 1));
        return joined.load();
    }));
    const auto second = consume(options);
    Result<std::vector<ReceivedRecord>> polled;
    ASSERT_TRUE(eventually([&] {
        polled = first->poll(20ms, 1);
        EXPECT_TRUE(second->poll(20ms, 1));
        return !polled;
    }));
    EXPECT_EQ(polled.error().code, ErrorCode::conflict) << polled.error().message;
    EXPECT_THAT(polled.error().message, testing::HasSubstr("same member name"));
    EXPECT_FALSE(first->poll(0ms, 1));
}

/// Longer than the session timeout: the group would have given the partition away.
TEST_F(KafkaGroup, PausedMemberKeepsItsPartitionsAndGivesEachRecordOnce) {
    create("numbers");
    produce_numbers("numbers", 0, 100, 1);
    const auto log = open({{"session.timeout.ms", "2000"},
                           {"heartbeat.interval.ms", "300"},
                           {"max.poll.interval.ms", "2000"}});
    auto options = group({"numbers"});
    std::atomic<int> assignments = 0;
    std::atomic<int> revocations = 0;
    options.assigned = [&](const auto&) { ++assignments; };
    options.revoked = [&](const auto&, bool) { ++revocations; };
    auto consumer = log->consume(options);
    ASSERT_TRUE(consumer);
    auto records = read(**consumer, 10);
    (*consumer)->pause(true);
    produce_numbers("numbers", 100, 20, 1);
    const auto end = std::chrono::steady_clock::now() + 4s;
    while (std::chrono::steady_clock::now() < end) {
        const auto none = (*consumer)->poll(100ms, 10);
        ASSERT_TRUE(none) << none.error().message;
        ASSERT_THAT(*none, IsEmpty());
    }
    EXPECT_EQ(assignments, 1);
    EXPECT_EQ(revocations, 0);
    (*consumer)->pause(false);
    for (auto& record : read(**consumer, 110)) {
        records.push_back(std::move(record));
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        ASSERT_EQ(records[i].value, std::to_string(i));
    }
    const auto more = (*consumer)->poll(500ms, 10);
    ASSERT_TRUE(more);
    EXPECT_THAT(*more, IsEmpty());
    (*consumer)->close();
    EXPECT_EQ(revocations, 1);
}

TEST_F(KafkaGroup, PartitionsAssignedWhilePausedArePaused) {
    create("numbers", 2);
    produce_numbers("numbers", 0, 20);
    auto options = group({"numbers"});
    std::atomic<bool> joined = false;
    options.assigned = [&](const auto&) { joined = true; };
    const auto consumer = consume(options);
    consumer->pause(true);
    ASSERT_TRUE(eventually([&] {
        EXPECT_TRUE(gives_nothing(*consumer, 50ms));
        return joined.load();
    }));
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(gives_nothing(*consumer, 50ms));
    }
    consumer->pause(false);
    const auto numbers = values(read(*consumer, 20));
    EXPECT_EQ(std::set<std::string>(numbers.begin(), numbers.end()).size(), 20U);
}

/// Again and again, at random moments.
TEST_F(KafkaGroup, PausingOftenNeitherLosesNorRepeats) {
    create("numbers", 2);
    produce_numbers("numbers", 0, 2000, 10);
    const auto consumer = consume(group({"numbers"}));
    std::map<int, int> seen;
    bool paused = false;
    int round = 0;
    ASSERT_TRUE(eventually([&] {
        auto records = consumer->poll(5ms, 7);
        if (!records) {
            ADD_FAILURE() << records.error().message;
            return true;
        }
        for (const auto& record : *records) {
            ++seen[std::stoi(std::string(record.value()))];
            consumer->finished(record.partition(), record.offset());
        }
        if (++round % 5 == 0) {
            paused = !paused;
            consumer->pause(paused);
        }
        return seen.size() == 2000;
    })) << seen.size();
    for (const auto& [number, times] : seen) {
        EXPECT_EQ(times, 1) << number;
    }
}

TEST_F(KafkaGroup, PartitionKeptThroughARebalanceIsResumed) {
    create("numbers", 2);
    produce_numbers("numbers", 0, 4000, 40);
    std::atomic<int> assignments = 0;
    std::atomic<std::size_t> assigned = 0;
    auto options = group({"numbers"});
    options.assigned = [&](const std::vector<LogPartition>& partitions) {
        assigned = partitions.size();
        ++assignments;
    };
    const auto consumer = consume(options);
    read(*consumer, 10);
    consumer->pause(true);
    // Long enough for librdkafka to be paused, too.
    const auto end = std::chrono::steady_clock::now() + 2500ms;
    while (std::chrono::steady_clock::now() < end) {
        EXPECT_TRUE(consumer->poll(50ms, 1));
    }
    Member other(*log_, group({"numbers"}));
    ASSERT_TRUE(eventually([&] {
        static_cast<void>(consumer->poll(50ms, 1));
        return assignments > 1 && assigned == 1;
    }));
    consumer->pause(false);
    EXPECT_FALSE(read(*consumer, 1000).empty());
}

/// A reader that pauses for long, again and again, because its handlers are slow, still reads every
/// partition: what was fetched and not given is dropped by a pause.
TEST_F(KafkaGroup, NoPartitionStarvesWhilePausing) {
    constexpr std::int32_t partitions = 6;
    create("numbers", partitions);
    const std::string filling(500, 'x');
    std::atomic<int> acknowledged = 0;
    for (int i = 0; i < 18'000; ++i) {
        log_->produce(log_record("numbers", "key" + std::to_string(i), filling),
                      [&](const Result<LogPlace>& place) { acknowledged += place ? 1 : 0; });
    }
    ASSERT_TRUE(log_->flush(60s));
    ASSERT_EQ(acknowledged, 18'000);
    const auto consumer = consume(group({"numbers"}));
    std::map<std::int32_t, std::size_t> seen;
    for (int cycle = 0; cycle < partitions; ++cycle) {
        consumer->pause(false);
        for (const LogRecord& record : read(*consumer, 512)) {
            ++seen[record.place.partition.partition];
        }
        consumer->pause(true);
        // Beyond the time for which fetched records are kept.
        const auto end = std::chrono::steady_clock::now() + 1500ms;
        while (std::chrono::steady_clock::now() < end) {
            EXPECT_TRUE(consumer->poll(50ms, 1));
        }
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(partitions));
}

TEST_F(KafkaGroup, RevokedIsCalledBeforeTheCommit) {
    create("numbers");
    produce_numbers("numbers", 0, 5, 1);
    auto options = group({"numbers"});
    LogConsumer* raw = nullptr;
    std::vector<LogRecord> given;
    std::vector<LogPartition> gone;
    options.revoked = [&](const std::vector<LogPartition>& partitions, bool lost) {
        EXPECT_FALSE(lost);
        gone = partitions;
        // The work ends only now, as in a group that waits for its handlers.
        for (const auto& record : given) {
            finish(*raw, record);
        }
    };
    {
        const auto consumer = consume(options);
        raw = consumer.get();
        given = read(*consumer, 4, false);
        consumer->close();
    }
    EXPECT_THAT(gone, ElementsAre(LogPartition{"numbers", 0}));
    options.revoked = nullptr;
    const auto consumer = consume(options);
    EXPECT_THAT(values(read(*consumer, 1)), ElementsAre("4"));
}

TEST_F(KafkaGroup, LatestSkipsNothingPublishedDuringARestart) {
    create("made", 2);
    produce_numbers("made", 0, 5);
    LogConsumerOptions newest = group({"made"});
    newest.from_earliest = false;
    {
        const auto consumer = consume(newest);
        ASSERT_TRUE(eventually([&] { return consumer->poll(50ms, 10) && consumer->at_end(); }));
        consumer->close();
    }
    produce_numbers("made", 5, 5);
    const auto consumer = consume(newest);
    EXPECT_THAT(values(read(*consumer, 5)), testing::UnorderedElementsAre("5", "6", "7", "8", "9"));
}

TEST_F(KafkaGroup, MemberReportsItsProgressAndAKeysPartition) {
    create("made", 3);
    produce_numbers("made", 0, 20, 7);
    const auto consumer = consume(group({"made"}));
    const auto records = read(*consumer, 4, false);
    consumer->pause(true);
    for (int round = 0; round < 5; ++round) ASSERT_TRUE(consumer->poll(100ms, 10));
    const auto progress = consumer->progress();
    ASSERT_TRUE(progress) << progress.error().message;
    std::int64_t given = 0;
    std::int64_t end = 0;
    for (const LogProgress& each : *progress) {
        given += each.given;
        end += each.end;
    }
    EXPECT_EQ(progress->size(), 3U);
    EXPECT_EQ(given, 4) << "finished or not, and without what it holds back";
    EXPECT_EQ(end, 20);
    for (const LogRecord& record : records) {
        EXPECT_EQ(consumer->partition_of("made", *record.key), record.place.partition);
    }
    EXPECT_EQ(consumer->partition_of("other", "key"), std::nullopt);
}

/// Versions without group prefixes named a group by its bare name, as an empty prefix does.
class KafkaGroupPrefix : public KafkaGroup {
  protected:
    [[nodiscard]] std::unique_ptr<TopicLog> open_with_groups(std::optional<std::string> prefix) {
        auto chosen = options({});
        chosen.group_prefix = std::move(prefix);
        auto log = open_kafka_log(std::move(chosen));
        EXPECT_TRUE(log) << log.error().message;
        return std::move(*log);
    }
    /// Reads `count` records as a member of the group with its bare name, and finishes them.
    void read_by_bare_name(const LogConsumerOptions& group, std::size_t count) {
        const auto former = open_with_groups("");
        const auto consumer = former->consume(group);
        ASSERT_TRUE(consumer);
        read(**consumer, count);
        (*consumer)->close();
    }
};

TEST_F(KafkaGroupPrefix, GroupContinuesFromTheOffsetsOfItsBareName) {
    create("numbers");
    create("silent");
    produce_numbers("numbers", 0, 10, 1);
    read_by_bare_name(group({"numbers", "silent"}), 6);
    ASSERT_EQ(committed_by("group", "numbers"), 6);
    {
        const auto consumer = consume(group({"numbers", "silent"}));
        EXPECT_THAT(values(read(*consumer, 3)), ElementsAre("6", "7", "8"));
        // Nothing has been committed under this name: the group starts at its own option.
        ASSERT_TRUE(produce(log_record("silent", "key", "first")));
        EXPECT_THAT(values(read(*consumer, 2)), testing::UnorderedElementsAre("9", "first"));
        consumer->close();
    }
    EXPECT_EQ(committed("numbers"), 10);
    EXPECT_EQ(committed_by("group", "numbers"), 6)
        << "a return to the earlier version continues here";
    produce_numbers("numbers", 10, 1, 1);
    EXPECT_THAT(values(read(*consume(group({"numbers", "silent"})), 1)), ElementsAre("10"))
        << "its own offsets count from now on";
}

TEST_F(KafkaGroupPrefix, TakenOverOffsetIsCommittedAtOnce) {
    create("numbers");
    produce_numbers("numbers", 0, 10, 1);
    read_by_bare_name(group({"numbers"}), 6);
    const auto consumer = consume(group({"numbers"}));
    read(*consumer, 1, false);
    EXPECT_TRUE(eventually([&] {
        EXPECT_TRUE(consumer->poll(20ms, 1));
        return committed("numbers") == 6;
    }));
}

TEST_F(KafkaGroupPrefix, LatestSkipsNothingWhenItTakesOverOffsets) {
    create("numbers");
    auto latest = group({"numbers"});
    latest.from_earliest = false;
    {
        const auto former = open_with_groups("");
        const auto consumer = former->consume(latest);
        ASSERT_TRUE(consumer);
        ASSERT_TRUE(eventually([&] {
            EXPECT_TRUE((*consumer)->poll(20ms, 1));
            return committed_by("group", "numbers") == 0;
        }));
        (*consumer)->close();
    }
    produce_numbers("numbers", 0, 3, 1);
    EXPECT_THAT(values(read(*consume(latest), 3)), ElementsAre("0", "1", "2"));
}

TEST_F(KafkaGroupPrefix, ExplicitPrefixTakesOverNoOffsets) {
    create("numbers");
    produce_numbers("numbers", 0, 10, 1);
    read_by_bare_name(group({"numbers"}), 6);
    const auto blue = open_with_groups("blue." + prefix_);
    const auto consumer = blue->consume(group({"numbers"}));
    ASSERT_TRUE(consumer);
    EXPECT_EQ(values(read(**consumer, 10)).front(), "0");
}

TEST_F(KafkaGroupPrefix, EnvironmentsOnOneClusterDoNotDisturbEachOther) {
    create("numbers", 2);
    auto same = group({"numbers"});
    same.member = "first";  // each environment names its processes alike
    Member first(*log_, same);
    ASSERT_TRUE(eventually([&] { return first.assigned() == 2; }));
    const std::string here = std::exchange(prefix_, "other." + prefix_);
    auto there = open();
    log_.swap(there);
    create("numbers", 2);
    {
        Member second(*log_, same);
        ASSERT_TRUE(eventually([&] { return second.assigned() == 2; }));
        produce_numbers("numbers", 0, 20);
        ASSERT_TRUE(eventually([&] { return second.records().size() == 20; }));
    }
    log_.swap(there);
    prefix_ = here;
    produce_numbers("numbers", 0, 20);
    ASSERT_TRUE(eventually([&] { return first.records().size() == 20; }));
    EXPECT_EQ(first.revocations(), 0);
    EXPECT_EQ(first.assigned(), 2U);
}

}  // namespace
}  // namespace quipu::test
