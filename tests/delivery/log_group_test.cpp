// SPDX-License-Identifier: Apache-2.0
// Groups that read a topic log beside the store: what other producers write, repetitions, members
// that come and go.
#include <random>
#include <set>

#include "delivery/log_groups.hpp"
#include "store/store_proxy.hpp"

namespace quipu::delivery_test {
namespace {

/// Passes on what it handles.
struct Forwarder {
    static constexpr std::string_view group = "forwarder";
    void on(const Event<Ordered>& event, Publishes<Shipped>& out, const Delivery& delivery) {
        out.publish(Shipped{.customer = event->customer, .number = event->number},
                    {.headers = delivery.record.headers});
    }
};

TEST_F(LogGroups, ForeignEventKeepsItsBytesAndIsHandledOnce) {
    Collector collector;
    auto runtime = member(collector);
    const std::string text = body("from-python-1", "ada", 1);
    foreign(text, "k", {{"traceparent", "00-1"}});
    foreign(text, "k");
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1; }));
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value, 1) << "the same event twice in the log is one event";
    const auto stored = store_->find("from-python-1");
    ASSERT_TRUE(stored && *stored);
    EXPECT_EQ((*stored)->body, text);
    EXPECT_EQ(*(*stored)->headers.begin(), RecordHeaders::value_type("traceparent", "00-1"));
    ASSERT_TRUE(relay_->wait_published(store_->last_position(), 60s));
    EXPECT_EQ(log_.all("ordered").size(), 2U) << "it is not published again";
}

TEST_F(LogGroups, DrainWaitsForForeignEventsInTheLog) {
    for (int number = 0; number < 50; ++number) {
        foreign(body("earlier-" + std::to_string(number), "ada", number));
    }
    Collector collector;
    auto runtime = member(collector);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value, 50);
}

TEST_F(LogGroups, UndecodableRecordBecomesADeadLetterWithItsBytes) {
    Collector collector;
    auto runtime = member(collector);
    const std::string bytes("\x00\xff{not json", 11);
    foreign(bytes);
    foreign("");
    foreign(body("after", "ada", 1));
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1 && letters().size() == 2; }));
    EXPECT_EQ(letters()[0].record->body, bytes);
    EXPECT_EQ(letters()[1].record->body, "");
    EXPECT_TRUE(runtime->drain(60s));
    EXPECT_TRUE(runtime->stop());
    for (const auto& [partition, offset] : log_.committed("collector")) {
        if (partition.event_type != "ordered") continue;
        std::int64_t in_partition = 0;
        for (const LogRecord& record : log_.all("ordered")) {
            in_partition += record.place.partition == partition ? 1 : 0;
        }
        EXPECT_EQ(offset, in_partition) << "a bad record blocks nobody";
    }
    EXPECT_THAT(*store_->verify(), testing::IsEmpty());
}

TEST_F(LogGroups, DuplicateIdOfAnotherEventBecomesADeadLetter) {
    Collector collector;
    auto runtime = member(collector);
    foreign(body("same", "ada", 1));
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1; }));
    foreign(body("same", "ada", 2));
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    EXPECT_EQ(letters()[0].record->body, body("same", "ada", 2));
    EXPECT_EQ(counter("ada").value, 1);
}

TEST_F(LogGroups, NothingThatIsNoEventStopsTheOthers) {
    Collector collector;
    auto runtime = member(collector);
    // The id that another record at the next place would once have had, and two bad records.
    foreign(body("log:ordered/0/1", "eve", 1));
    foreign("not JSON");
    foreign("not JSON");
    foreign(R"({"event_type":"shipped","customer":"ada","number":1})");
    foreign(std::string(), "gone", {}, true);
    foreign(body("after", "ada", 1));
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1 && letters().size() == 4; }));
    EXPECT_EQ(counter("eve").value, 0);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(letters().size(), 4U) << "a tombstone is no failure";
}

TEST_F(LogGroups, RefusedRecordFailsAgainWhenItIsRequeued) {
    Collector collector;
    auto runtime = member(collector);
    foreign(body("log:mine", "eve", 1));
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    const auto requeued = store_->requeue(letters().front().id, {});
    ASSERT_TRUE(requeued);
    runtime->requeued(*requeued);
    ASSERT_TRUE(eventually([&] {
        return letters().front().status == DeadLetter::Status::open &&
               letters().front().attempts.size() == 2;
    }));
    EXPECT_TRUE(letters().front().error.contains("reserved"));
    EXPECT_EQ(counter("eve").value, 0);
}

TEST_F(LogGroups, OversizedRecordBecomesADeadLetterAndTheRestIsHandled) {
    test::StoreProxy front(*store_);
    front.before = [](const Transaction& transaction) -> Result<void> {
        for (const Append& append : transaction.appends) {
            if (append.record.body.size() > 100'000) return fail(ErrorCode::limit, "too large");
        }
        return {};
    };
    front_ = &front;
    Collector collector;
    auto runtime = member(collector);
    foreign(std::string(300'000, 'x'));
    foreign(body("after", "ada", 1));
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1 && letters().size() == 1; }));
    EXPECT_THAT(letters()[0].error, testing::HasSubstr("65536 of the 300000 bytes"));
    EXPECT_EQ(letters()[0].record->headers.find("quipu-log-size"), "300000");
    ASSERT_TRUE(runtime->drain(60s));
    ASSERT_TRUE(runtime->stop());
    runtime.reset();
    front_ = nullptr;
}

TEST_F(LogGroups, EventWithoutAnIdIsHandledOnce) {
    Collector collector;
    auto runtime = member(collector);
    foreign(R"({"event_type":"ordered","metadata":{"service_name":"s","service_version":"1"},)"
            R"("customer":"ada","number":1})");
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1; }));
    ASSERT_TRUE(runtime->stop());
    log_.forget_commits("collector");
    runtime = member(collector);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value, 1) << "read twice, one event";
}

TEST_F(LogGroups, KeysThatAreNotUtf8DoNotWaitForEachOther) {
    Collector collector;
    collector.before = [](const Event<Ordered>& event) {
        if (event->customer.starts_with("boom")) throw std::runtime_error("not yet");
    };
    auto runtime = member(collector);
    foreign(body("1", "boom-200", 1), std::string("\0\xc8", 2));
    foreign(body("2", "long-201", 1), std::string("\0\xc9", 2));
    foreign(body("3", "boom-latin", 1), "M\xfcller");
    foreign(body("4", "latin", 1), "M\xf6ller");
    foreign(body("5", "boom-prefix", 1), std::string(5000, 'k') + 'A');
    foreign(body("6", "prefix", 1), std::string(5000, 'k') + 'B');
    for (const char* customer : {"long-201", "latin", "prefix"}) {
        EXPECT_TRUE(eventually([&] { return counter(customer).value == 1; })) << customer;
    }
}

TEST_F(LogGroups, CopiedOriginHeaderDoesNotHideAnEvent) {
    Collector collector;
    auto runtime = member(collector);
    order("ada", 1);
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1; }));
    // A client that passes the headers of what it read on to what it writes.
    foreign(body("another", "ada", 2), "ada", log_.all("ordered").front().headers);
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 2; }));
}

TEST_F(LogGroups, RepetitionsInTheLogTakeEffectOnce) {
    log_.copies = 3;
    Collector collector;
    auto runtime = member(collector);
    for (int number = 0; number < 100; ++number) order("c" + std::to_string(number % 7), number);
    ASSERT_TRUE(runtime->drain(60s));
    std::int64_t total = 0;
    for (int customer = 0; customer < 7; ++customer) {
        total += counter("c" + std::to_string(customer)).value;
    }
    EXPECT_EQ(total, 100);
    EXPECT_TRUE(letters().empty());
    EXPECT_THAT(*store_->verify(), testing::IsEmpty());
}

TEST_F(LogGroups, RebalancesNeitherLoseNorRepeatRecords) {
    constexpr int customers = 20;
    constexpr int each = 25;
    std::jthread producer([&] {
        for (int number = 0; number < each; ++number) {
            for (int customer = 0; customer < customers; ++customer) {
                order("c" + std::to_string(customer), number);
            }
        }
    });
    std::vector<std::unique_ptr<Collector>> collectors;
    std::vector<std::unique_ptr<DeliveryRuntime>> members;
    std::minstd_rand random{7};
    for (int step = 0; step < 24; ++step) {
        if (members.size() < 2 || (members.size() < 8 && (random() & 1U) == 0)) {
            collectors.push_back(std::make_unique<Collector>());
            collectors.back()->before = [](const Event<Ordered>&) {
                std::this_thread::sleep_for(200us);
            };
            members.push_back(member(*collectors.back()));
        } else {
            const auto leaver =
                std::next(members.begin(), static_cast<std::ptrdiff_t>(random() % members.size()));
            EXPECT_TRUE((*leaver)->stop());
            members.erase(leaver);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds{random() % 40});
    }
    producer.join();
    ASSERT_TRUE(eventually([&] {
        return store_->unfinished("collector", {store_->last_position()})->empty() &&
               members.front()->drain(1s);
    }));
    for (int customer = 0; customer < customers; ++customer) {
        const Counter counted = counter("c" + std::to_string(customer));
        EXPECT_EQ(counted.value, each);
        EXPECT_TRUE(std::ranges::is_sorted(counted.seen)) << "effects in the key's order";
    }
    for (auto& runtime : members) EXPECT_TRUE(runtime->stop());
    EXPECT_TRUE(letters().empty());
    EXPECT_THAT(*store_->verify(), testing::IsEmpty());
}

TEST_F(LogGroups, ParkedRecordsAreRetriedByTheNextOwner) {
    Patient first;
    first.before = [] { throw std::runtime_error("not yet"); };
    auto one = member(first);
    ASSERT_TRUE(publisher().publish(Slow{.number = 1}, {.key = "k"}));
    ASSERT_TRUE(publisher().publish(Slow{.number = 2}, {.key = "k"}));
    ASSERT_TRUE(eventually([&] { return store_->parked("patient")->size() == 2; }));
    EXPECT_THAT(store_->parked("patient")->front().source, testing::StartsWith("slow/"));
    EXPECT_TRUE(one->stop());
    Patient second;
    second.before = [] {};
    auto two = member(second);
    // Parked until tomorrow: the key waits with its new owner, too.
    ASSERT_TRUE(publisher().publish(Slow{.number = 3}, {.key = "k"}));
    ASSERT_TRUE(eventually([&] { return store_->parked("patient")->size() == 3; }));
    EXPECT_EQ(second.handled, 0);
}

TEST_F(LogGroups, RecordsParkedWithoutALogAreRetriedByOneMember) {
    park_without_log();
    Collector first;
    Collector second;
    auto one = member(first);
    auto two = member(second);
    order("ada", 2);
    ASSERT_TRUE(eventually([&] { return counter("ada").value >= 2; }));
    EXPECT_TRUE(one->drain(60s));
    EXPECT_TRUE(two->drain(60s));
    EXPECT_EQ(counter("ada").seen, (std::vector<std::int64_t>{1, 2}));
    EXPECT_TRUE(store_->parked("collector")->empty());
    EXPECT_TRUE(letters().empty());
}

TEST_F(LogGroups, FailedRetryAfterASuccessElsewhereChangesNothing) {
    park_without_log();
    Collector late;
    std::atomic<bool> begun{false};
    late.before = [&](const Event<Ordered>&) {
        begun = true;
        EXPECT_TRUE(eventually([&] { return store_->parked("collector")->empty(); }));
        throw std::runtime_error("too late");
    };
    Collector quick;
    quick.before = [&](const Event<Ordered>&) {
        EXPECT_TRUE(eventually([&] { return begun.load(); }));
    };
    auto one = member(late);
    auto two = member(quick);
    ASSERT_TRUE(
        eventually([&] { return counter("ada").value == 1 && one->status()[0].parked == 0; }));
    EXPECT_TRUE(one->stop());
    EXPECT_TRUE(two->stop());
    EXPECT_TRUE(store_->parked("collector")->empty());
    EXPECT_EQ(counter("ada").value, 1);
}

TEST_F(LogGroups, StopCommitsNoOffsetPastAnUnstoredRecord) {
    test::StoreProxy front(*store_);
    std::atomic<bool> away{false};
    front.before = [&](const Transaction& transaction) -> Result<void> {
        if (away && !transaction.park.empty()) return fail(ErrorCode::unavailable, "away");
        return {};
    };
    front_ = &front;
    Patient group;
    group.before = [] { throw std::runtime_error("not yet"); };
    auto runtime = member(group);
    ASSERT_TRUE(publisher().publish(Slow{.number = 1}, {.key = "k"}));
    ASSERT_TRUE(eventually([&] { return store_->parked("patient")->size() == 1; }));
    away = true;
    ASSERT_TRUE(publisher().publish(Slow{.number = 2}, {.key = "k"}));
    ASSERT_TRUE(eventually([&] { return runtime->status()[0].parked == 2; }));
    EXPECT_TRUE(runtime->stop());
    std::int64_t passed = 0;
    for (const auto& [partition, offset] : log_.committed("patient")) passed += offset;
    EXPECT_EQ(passed, 1);
    away = false;
    runtime = member(group);
    EXPECT_TRUE(eventually([&] { return store_->parked("patient")->size() == 2; }));
}

TEST_F(LogGroups, EventWithItsCausesHeadersIsPublished) {
    Forwarder forwarder;
    auto runtime = member(forwarder);
    foreign(body("from-python-1", "ada", 1), "k", {{"tenant", "t"}});
    ASSERT_TRUE(eventually([&] { return log_.all("shipped").size() == 1; }));
    EXPECT_EQ(log_.all("shipped").front().headers.find("tenant"), "t");
}

TEST_F(LogGroups, MemberWhoseNameIsTakenBecomesDynamic) {
    std::atomic<bool> taken{false};
    log_.fence = [&](const LogConsumerOptions& options) -> std::optional<Error> {
        if (options.member.empty() || !taken) return std::nullopt;
        return Error{ErrorCode::conflict, "another member has this name"};
    };
    Collector collector;
    RuntimeOptions options;
    options.producer = {"tests", "1.0", Environment::test};
    options.log = &log_;
    options.member = "named";
    DeliveryRuntime runtime(*store_, Events::types(), {bind_group<Events>(collector)},
                            std::move(options));
    ASSERT_TRUE(runtime.start());
    for (int number = 0; number < 20; ++number) order("ada", number);
    ASSERT_TRUE(eventually([&] { return counter("ada").value > 0; }));
    taken = true;
    for (int number = 20; number < 40; ++number) order("ada", number);
    ASSERT_TRUE(runtime.drain(60s));
    const Counter counted = counter("ada");
    EXPECT_EQ(counted.value, 40);
    EXPECT_TRUE(std::ranges::is_sorted(counted.seen));
    EXPECT_TRUE(runtime.stop());
}

TEST_F(LogGroups, RestartedMemberRepeatsNothing) {
    Collector collector;
    auto runtime = member(collector);
    for (int number = 0; number < 30; ++number) {
        foreign(body("id-" + std::to_string(number), "ada", number), "ada");
    }
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 30; }));
    EXPECT_TRUE(runtime->stop());
    runtime = member(collector);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value, 30) << "offsets were committed, or repetitions recognised";
}

}  // namespace
}  // namespace quipu::delivery_test
