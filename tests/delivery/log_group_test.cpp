// Groups that read a topic log beside the store: what other producers write, repetitions, members
// that come and go.
#include <random>
#include <set>

#include "delivery/fixture.hpp"
#include "delivery/memory_log.hpp"

namespace quipu::delivery_test {
namespace {

struct Collector {
    static constexpr std::string_view group = "collector";
    std::function<void(const Event<Ordered>&)> before = [](const Event<Ordered>&) {};
    std::mutex mutex;
    std::map<std::string, std::vector<std::int64_t>> seen;  // handlings, committed or not

    void on(const Event<Ordered>& event, Documents& documents) {
        before(event);
        auto counter = documents.get<Counter>(event->customer).value_or(Counter{});
        counter.value += 1;
        counter.seen.push_back(event->number);
        documents.put(event->customer, counter);
        const std::lock_guard lock(mutex);
        seen[event->customer].push_back(event->number);
    }
};

struct Patient {
    static constexpr std::string_view group = "patient";
    std::function<void()> before;
    std::atomic<int> handled{0};
    void on(const Event<Slow>&) {
        before();
        ++handled;
    }
};

class LogGroups : public DeliveryTest {
  protected:
    void SetUp() override {
        DeliveryTest::SetUp();
        start();
    }
    void TearDown() override { relay_.reset(); }

    void start() {
        relay_ = std::make_unique<Relay>(*store_, log_, RelayOptions{.lease = 300ms});
        ASSERT_TRUE(relay_->start());
    }
    template <class... Groups>
    std::unique_ptr<DeliveryRuntime> member(Groups&... groups) {
        RuntimeOptions options;
        options.producer = {"tests", "1.0", Environment::test};
        options.log = &log_;
        options.max_conflicts = 20;
        auto runtime = std::make_unique<DeliveryRuntime>(
            *store_, Events::types(), std::vector<GroupBinding>{bind_group<Events>(groups)...},
            std::move(options));
        EXPECT_TRUE(runtime->start());
        return runtime;
    }
    void foreign(std::string body, std::string key = "k", RecordHeaders headers = {}) {
        LogRecord record;
        record.place.partition.event_type = "ordered";
        record.key = std::move(key);
        record.headers = std::move(headers);
        record.value = std::move(body);
        record.timestamp = now();
        log_.produce(std::move(record), [](const Result<LogPlace>&) {});
    }
    static std::string body(const std::string& id, const std::string& customer, int number) {
        return R"({"event_id":")" + id +
               R"(","event_type":"ordered","timestamp":"2026-01-01T00:00:00Z","metadata":)"
               R"({"service_name":"python","service_version":"1"},"customer":")" +
               customer + R"(","number":)" + std::to_string(number) + "}";
    }

    MemoryLog log_{{"ordered", "shipped", "slow"}};
};

TEST_F(LogGroups, AnEventOfAnotherProducerIsStoredWithItsBytesAndHandledOnce) {
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

TEST_F(LogGroups, ADrainWaitsForWhatOthersHavePutIntoTheLog) {
    for (int number = 0; number < 50; ++number) {
        foreign(body("earlier-" + std::to_string(number), "ada", number));
    }
    Collector collector;
    auto runtime = member(collector);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value, 50);
}

TEST_F(LogGroups, ARecordThatIsNoEventIsADeadLetterWithItsBytes) {
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

TEST_F(LogGroups, AnIdThatAnotherEventHasIsADeadLetterNotALoss) {
    Collector collector;
    auto runtime = member(collector);
    foreign(body("same", "ada", 1));
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1; }));
    foreign(body("same", "ada", 2));
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    EXPECT_EQ(letters()[0].record->body, body("same", "ada", 2));
    EXPECT_EQ(counter("ada").value, 1);
}

TEST_F(LogGroups, ACopiedOriginHeaderMakesNoEventDisappear) {
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

TEST_F(LogGroups, MembersThatComeAndGoLoseAndRepeatNoEffect) {
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

TEST_F(LogGroups, WhatAMemberParkedIsRetriedByTheNextOwner) {
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

TEST_F(LogGroups, WhatWasParkedWithoutALogIsRetriedByOneOfTheMembers) {
    // A file without a log was promoted: what its group parked names no partition.
    ASSERT_TRUE(store_->open_group("collector", true));
    order("ada", 1);
    const auto record = store_->at(1);
    ASSERT_TRUE(record && *record);
    Transaction parked;
    parked.group = "collector";
    parked.finished = {1};
    parked.park = {{.group = "collector",
                    .position = 1,
                    .key = (*record)->key,
                    .due_at = (*record)->timestamp,
                    .attempts = {{(*record)->timestamp, "not yet"}}}};
    ASSERT_TRUE(store_->commit(std::move(parked)));
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

TEST_F(LogGroups, AMemberWhoseNameIsTakenGoesOnWithoutOne) {
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

TEST_F(LogGroups, ARestartedMemberRepeatsNothing) {
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
