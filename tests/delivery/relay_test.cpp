// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "delivery/fixture.hpp"
#include "delivery/memory_log.hpp"
#include "store/store_proxy.hpp"

namespace quipu::delivery_test {
namespace {

class RelayTest : public DeliveryTest {
  protected:
    void TearDown() override { relay_.reset(); }
    std::unique_ptr<Relay> relay(std::chrono::milliseconds lease = 300ms) {
        auto made = std::make_unique<Relay>(*store_, log_, RelayOptions{.lease = lease});
        EXPECT_TRUE(made->start());
        return made;
    }
    std::vector<std::int64_t> numbers(const std::string& type = "ordered") {
        std::vector<std::int64_t> found;
        for (const LogRecord& record : log_.all(type)) {
            found.push_back(decode_as<Ordered>(record.value)->data.number);
        }
        return found;
    }

    MemoryLog log_{{"ordered", "shipped", "slow"}, 1};
};

TEST_F(RelayTest, PublishesBytesKeyAndHeadersUnchanged) {
    ASSERT_TRUE(publisher().publish(Ordered{.customer = "ada", .number = 5},
                                    {.aggregate_id = "ada", .headers = {{"traceparent", "00-x"}}}));
    auto one = relay();
    ASSERT_TRUE(one->wait_published(1, 60s));
    const auto records = log_.all("ordered");
    ASSERT_EQ(records.size(), 1U);
    const auto stored = store_->at(1);
    EXPECT_EQ(records[0].value, (*stored)->body);
    EXPECT_EQ(records[0].key, "ada");
    EXPECT_EQ(records[0].timestamp, (*stored)->timestamp) << "retention goes by it";
    const RecordHeaders expected{{"content-type", "application/json"},
                                 {"event_id", (*stored)->event_id},
                                 {"event_type", "ordered"},
                                 {"aggregate_id", "ada"},
                                 {"aggregate_sequence", "1"},
                                 {"traceparent", "00-x"}};
    EXPECT_THAT(records[0].headers, testing::IsSupersetOf(expected));
    EXPECT_EQ(one->status().lag, 0);
}

TEST_F(RelayTest, ContinuesFromTheLastCheckpoint) {
    for (int number = 0; number < 10; ++number) order("ada", number);
    {
        auto one = relay();
        ASSERT_TRUE(one->wait_published(10, 60s));
    }
    for (int number = 10; number < 20; ++number) order("ada", number);
    auto two = relay();
    ASSERT_TRUE(two->wait_published(20, 60s));
    std::vector<std::int64_t> all(20);
    for (int number = 0; number < 20; ++number) all[static_cast<std::size_t>(number)] = number;
    EXPECT_EQ(numbers(), all) << "in order, each once";
}

TEST_F(RelayTest, OneOfSeveralHoldsTheLeaseAndAnotherTakesOver) {
    auto one = relay();
    ASSERT_TRUE(eventually([&] { return one->status().active; }));
    auto two = relay();
    order("ada", 1);
    // Whoever publishes it, both learn it.
    EXPECT_TRUE(two->wait_published(1, 60s));
    EXPECT_FALSE(two->status().active);
    one->stop();
    ASSERT_TRUE(eventually([&] { return two->status().active; }));
    order("ada", 2);
    EXPECT_TRUE(two->wait_published(2, 60s));
    EXPECT_EQ(numbers(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(RelayTest, RelayThatLostItsLeaseCommitsNoCheckpoint) {
    auto one = relay(1h);
    ASSERT_TRUE(eventually([&] { return one->status().active; }));
    // As if another had waited in vain for this one and taken the lease.
    Transaction theft;
    theft.documents.push_back(
        {"quipu.relay", "lease", R"({"owner":"thief","free":false,"length_ms":3600000})"});
    ASSERT_TRUE(store_->commit(std::move(theft)));
    order("ada", 1);
    ASSERT_TRUE(eventually([&] { return !one->status().active; }));
    EXPECT_EQ(store_->unfinished(std::string(relay_group), {1})->size(), 1U);
}

TEST_F(RelayTest, LostRecordsAreResentInOrder) {
    std::atomic<int> failures{0};
    log_.fault = [&](const LogRecord&) -> std::optional<Error> {
        // Fails a run of records, as a producer does that has to be made anew.
        const int now = ++failures;
        if (now % 50 >= 10 && now % 50 < 25) {
            return Error{ErrorCode::unavailable, "the producer was made anew"};
        }
        return std::nullopt;
    };
    for (int number = 0; number < 200; ++number) order("ada", number);
    auto one = relay();
    ASSERT_TRUE(one->wait_published(200, 60s));
    ASSERT_TRUE(eventually([&] { return one->status().lag == 0; }));
    std::set<std::int64_t> unique;
    for (const std::int64_t number : numbers()) unique.insert(number);
    EXPECT_EQ(unique.size(), 200U);
    EXPECT_TRUE(one->status().problem.empty()) << one->status().problem;
}

/// Loses the first record at the moment when the relay is about to give it the second.
class LosingLog : public MemoryLog {
  public:
    using MemoryLog::MemoryLog;
    void produce(LogRecord record, Done done, std::optional<std::uint64_t> epoch) override {
        const int call = ++calls_;
        if (call == 1) {
            first_ = std::move(done);
            return;
        }
        if (call == 2) {
            ++losses;
            first_(fail(ErrorCode::unavailable, "the producer was made anew"));
        }
        MemoryLog::produce(std::move(record), std::move(done), epoch);
    }

  private:
    std::atomic<int> calls_{0};
    Done first_;
};

TEST_F(RelayTest, RecordsInFlightDoNotOvertakeLostOnes) {
    LosingLog losing{{"ordered", "shipped", "slow"}, 1};
    for (int number = 1; number <= 3; ++number) order("ada", number);
    Relay one(*store_, losing, RelayOptions{.lease = 300ms});
    ASSERT_TRUE(one.start());
    ASSERT_TRUE(one.wait_published(3, 60s));
    std::vector<std::int64_t> found;
    for (const LogRecord& record : losing.all("ordered")) {
        found.push_back(decode_as<Ordered>(record.value)->data.number);
    }
    EXPECT_EQ(found, (std::vector<std::int64_t>{1, 2, 3}));
}

TEST_F(RelayTest, RefusedRecordBecomesADeadLetterAndCanBeRequeued) {
    std::atomic<bool> refuse{true};
    log_.fault = [&](const LogRecord& record) -> std::optional<Error> {
        if (refuse && record.value.find(R"("number":2)") != record.value.npos) {
            return Error{ErrorCode::limit, "the broker takes no more than 10 bytes"};
        }
        return std::nullopt;
    };
    for (int number = 1; number <= 3; ++number) order("ada", number);
    auto one = relay();
    ASSERT_TRUE(one->wait_published(3, 60s));
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    EXPECT_FALSE(one->wait_published(2, 60s)) << "it is not in the log";
    EXPECT_EQ(letters()[0].group, relay_group);
    EXPECT_EQ(numbers(), (std::vector<std::int64_t>{1, 3}));
    refuse = false;
    ASSERT_TRUE(store_->requeue(letters()[0].id, {}));
    ASSERT_TRUE(eventually([&] { return numbers().size() == 3; }));
    ASSERT_TRUE(eventually([&] { return store_->parked(std::string(relay_group))->empty(); }));
    EXPECT_EQ(letters()[0].status, DeadLetter::Status::resolved);
    EXPECT_TRUE(one->wait_published(2, 60s));
}

TEST_F(RelayTest, MissingTopicBlocksOnlyItsOwnEvents) {
    MemoryLog partial{{"ordered", "shipped"}, 1};
    ASSERT_TRUE(publisher().publish(Slow{.number = 1}, {.key = "k"}));
    order("ada", 1);
    ASSERT_TRUE(publisher().publish(Slow{.number = 2}, {.key = "k"}));
    Relay one(*store_, partial, RelayOptions{.lease = 300ms});
    ASSERT_TRUE(one.start());
    ASSERT_TRUE(one.wait_published(2, 60s));
    EXPECT_FALSE(one.wait_published(1, 50ms));
    EXPECT_THAT(one.status().problem, testing::HasSubstr("slow"));
    EXPECT_EQ(one.status().position, 0);
    partial.add_topic("slow");
    ASSERT_TRUE(one.wait_published(3, 60s));
    EXPECT_EQ(partial.all("slow").size(), 2U);
    ASSERT_TRUE(eventually([&] { return one.status().problem.empty(); }));
}

TEST_F(RelayTest, DeadLettersAreSplitAcrossTransactions) {
    constexpr std::int64_t count = 12;
    test::StoreProxy front(*store_);
    std::atomic<std::size_t> most{0};
    front.before = [&](const Transaction& transaction) -> Result<void> {
        std::size_t bytes = 0;
        for (const DeadLetter& letter : transaction.dead_letters) {
            bytes += letter.record->body.size();
        }
        most = std::max(most.load(), bytes);
        return {};
    };
    for (std::int64_t number = 0; number < count; ++number) {
        const std::string large(1'500'000, 'a');
        ASSERT_TRUE(
            publisher().publish(Ordered{.customer = large, .number = number}, {.key = "k"}));
    }
    log_.fault = [](const LogRecord&) { return Error{ErrorCode::limit, "too large"}; };
    Relay one(front, log_, RelayOptions{.lease = 300ms});
    ASSERT_TRUE(one.start());
    ASSERT_TRUE(eventually([&] { return one.status().position == count; }));
    EXPECT_EQ(letters().size(), static_cast<std::size_t>(count));
    EXPECT_GT(most, 0U);
    EXPECT_LT(most, std::size_t{6} << 20);
}

TEST_F(RelayTest, RefusedAgainDuringAStopIsADeadLetterAgain) {
    constexpr std::size_t count = 8;
    for (std::size_t number = 0; number < count; ++number) {
        const std::string large(1'500'000, 'a');
        ASSERT_TRUE(publisher().publish(Ordered{.customer = large}, {.key = "k"}));
    }
    log_.fault = [](const LogRecord&) { return Error{ErrorCode::limit, "too large"}; };
    auto one = relay();
    ASSERT_TRUE(eventually([&] { return letters().size() == count; }));
    one->stop();
    for (const DeadLetter& letter : letters()) ASSERT_TRUE(store_->requeue(letter.id, {}));
    test::StoreProxy front(*store_);
    std::atomic<int> alone{0};
    front.before = [&](const Transaction& transaction) -> Result<void> {
        for (const Parked& entry : transaction.unpark) {
            const bool together =
                std::ranges::any_of(transaction.dead_letters, [&](const DeadLetter& letter) {
                    return letter.record->position == entry.position;
                });
            alone += together ? 0 : 1;
        }
        return {};
    };
    Relay two(front, log_, RelayOptions{.lease = 300ms});
    ASSERT_TRUE(two.start());
    ASSERT_TRUE(eventually([&] {
        return std::ranges::any_of(
            letters(), [](const DeadLetter& letter) { return letter.attempts.size() > 1; });
    }));
    two.stop();
    EXPECT_EQ(alone, 0) << "given back no more and no letter yet: a crash would lose it";
    const auto open =
        store_->dead_letters(std::string(relay_group), DeadLetter::Status::open, 0, 100);
    ASSERT_TRUE(open);
    EXPECT_EQ(open->size() + store_->parked(std::string(relay_group))->size(), count);
    EXPECT_EQ(letters().size(), count) << "one letter is one story";
}

TEST_F(RelayTest, ArchivedEventsAreSkipped) {
    for (int number = 0; number < 5; ++number) order("ada", number);
    const auto record = store_->at(3);
    ASSERT_TRUE(store_->archive((*record)->event_id, "tests", "for this test"));
    auto one = relay();
    ASSERT_TRUE(one->wait_published(5, 60s));
    EXPECT_EQ(numbers(), (std::vector<std::int64_t>{0, 1, 3, 4}));
    ASSERT_TRUE(eventually([&] { return one->status().lag == 0; }));
}

}  // namespace
}  // namespace quipu::delivery_test
