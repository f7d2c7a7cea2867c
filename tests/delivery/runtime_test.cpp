// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>
#include <numeric>

#include <map>
#include <set>

#include "delivery/fixture.hpp"
#include "store/store_proxy.hpp"

namespace quipu::delivery_test {
namespace {

/// Handles orders as a test tells it to, and remembers what it saw.
struct Shipping {
    static constexpr std::string_view group = "shipping";
    std::function<void(const Event<Ordered>&, const Delivery&)> before = [](auto&, auto&) {};
    std::mutex mutex;
    std::vector<std::pair<std::string, std::int64_t>> seen;

    void on(const Event<Ordered>& event, Publishes<Shipped>& out, Documents& documents,
            const Delivery& delivery) {
        before(event, delivery);
        auto counter = documents.get<Counter>(event->customer).value_or(Counter{});
        counter.value += 1;
        counter.seen.push_back(event->number);
        documents.put(event->customer, counter);
        out.publish(Shipped{.customer = event->customer, .number = event->number});
        const std::lock_guard lock(mutex);
        seen.emplace_back(event->customer, event->number);
    }
    void on(const Event<Slow>&) {}
};

/// Rejects every order until it opens.
struct ClosedShop {
    Shipping shipping;
    std::atomic<bool> closed{true};
    ClosedShop() {
        shipping.before = [this](const Event<Ordered>&, const Delivery&) {
            if (closed) throw Reject("the shop is closed");
        };
    }
};

struct Audit {
    static constexpr std::string_view group = "audit";
    std::atomic<int> count{0};
    void on(const Event<Ordered>&) { ++count; }
    void on(const Event<Shipped>&) { ++count; }
};

struct Totals {
    static constexpr std::string_view group = "totals";
    static constexpr GroupOptions options{.serial = true};
    void on(const Event<Ordered>& event, Documents& documents) {
        auto counter = documents.get<Counter>("all").value_or(Counter{});
        counter.value += event->number;
        documents.put("all", counter);
    }
};

struct ParallelTotals {
    static constexpr std::string_view group = "totals";
    static constexpr GroupOptions options{.parallelism = 4};
    void on(const Event<Ordered>& event, Documents& documents) {
        auto counter = documents.get<Counter>("all").value_or(Counter{});
        std::this_thread::sleep_for(200us);
        counter.value += event->number;
        documents.put("all", counter);
    }
};

struct Conflicting {
    static constexpr std::string_view group = "conflicting";
    void on(const Event<Ordered>& event, Publishes<Shipped>& out) {
        PublishOptions options;
        // The aggregate has events, so this can't hold.
        if (event->number == 13) options.expected_sequence = 0;
        out.publish(Shipped{.customer = event->customer, .number = event->number}, options);
    }
};

struct Ticking {
    static constexpr std::string_view group = "ticking";
    static constexpr GroupOptions options{.tick_interval = 5ms};
    int count = 0;
    void tick(Publishes<Shipped>& out, Documents& documents) {
        if (count == 3) return;
        documents.put("ticks", Counter{.value = ++count});
        out.publish(Shipped{.customer = "tick", .number = count});
    }
};

struct Stuck {
    static constexpr std::string_view group = "stuck";
    static constexpr GroupOptions options{.parallelism = 2, .max_in_flight = 8};
    std::atomic<bool> release{false};
    std::atomic<int> count{0};
    void on(const Event<Ordered>&) {
        while (!release) std::this_thread::sleep_for(1ms);
        ++count;
    }
};

struct Failing {
    static constexpr std::string_view group = "slow-group";
    void on(const Event<Slow>&) { throw std::runtime_error("tomorrow"); }
};

/// A store that cannot be read for a while.
class UnreadableStore : public test::StoreProxy {
  public:
    using StoreProxy::StoreProxy;
    std::atomic<int> failures{0};
    Result<std::optional<Document>> document(std::string_view collection,
                                             std::string_view key) override {
        if (collection == Counter::collection && failures-- > 0) {
            return fail(ErrorCode::unavailable, "the server is gone");
        }
        return StoreProxy::document(collection, key);
    }
};

TEST_F(DeliveryTest, UnavailableStoreCostsNoAttempt) {
    UnreadableStore unreadable(*store_);
    front_ = &unreadable;
    unreadable.failures = 5;  // more than an Ordered has tries
    Shipping shipping;
    auto runtime = run(shipping);
    for (int number = 0; number < 5; ++number) order("ada", number);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value, 5);
    EXPECT_TRUE(letters().empty());
    EXPECT_EQ(runtime->status().front().failed, 0U);
    ASSERT_TRUE(runtime->stop());
}

TEST_F(DeliveryTest, EffectsOffsetAndEventsCommitTogether) {
    test::StoreProxy proxy(*store_);
    std::atomic<int> apart{0};
    std::atomic<int> count{0};
    proxy.before = [&](const Transaction& transaction) -> Result<void> {
        if (transaction.group.empty()) return {};  // the mark of a running group
        const bool effects = !transaction.appends.empty();
        if (transaction.finished.size() != transaction.appends.size() ||
            transaction.documents.empty() == effects) {
            ++apart;
        }
        // Refused now and then: none of it may be there when it is tried again.
        if (effects && ++count % 3 == 0) return fail(ErrorCode::conflict, "told to refuse");
        return {};
    };
    front_ = &proxy;
    Shipping shipping;
    auto runtime = run(shipping);
    for (int number = 0; number < 20; ++number) order("ada", number);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(apart, 0);
    EXPECT_GE(count, 3);
    EXPECT_EQ(counter("ada").value, 20);
    auto shipped = store_->query({.event_types = {"shipped"}, .limit = 100});
    ASSERT_TRUE(shipped);
    EXPECT_EQ(shipped->records.size(), 20U);
    // An event that a handler publishes belongs to the aggregate of the one it handles.
    EXPECT_EQ(shipped->records[0].aggregate_id, "ada");
    EXPECT_TRUE(runtime->stop());
    EXPECT_EQ(store_->verify()->size(), 0U);
}

TEST_F(DeliveryTest, RecordsOfOneKeyAreHandledInOrderAndKeysInParallel) {
    Shipping shipping;
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    shipping.before = [&](const Event<Ordered>&, const Delivery&) {
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::sleep_for(100us);
        --inside;
    };
    for (int number = 0; number < 30; ++number) {
        for (int customer = 0; customer < 16; ++customer) {
            order("c" + std::to_string(customer), number);
        }
    }
    auto runtime = run(shipping);
    ASSERT_TRUE(runtime->drain(120s));
    for (int customer = 0; customer < 16; ++customer) {
        std::vector<std::int64_t> expected;
        for (int number = 0; number < 30; ++number) expected.push_back(number);
        EXPECT_EQ(counter("c" + std::to_string(customer)).seen, expected);
    }
    EXPECT_GT(most, 1) << "different keys never ran at the same time";
}

TEST_F(DeliveryTest, FailingRecordIsRetriedAndBlocksOnlyItsKey) {
    Shipping shipping;
    std::map<std::string, int> tries;
    std::mutex mutex;
    shipping.before = [&](const Event<Ordered>& event, const Delivery& delivery) {
        const std::lock_guard lock(mutex);
        ++tries[event->customer];
        if (event->customer == "bad" && event->number == 1 && delivery.attempt < 3) {
            throw std::runtime_error("not yet");
        }
    };
    auto runtime = run(shipping);
    for (int number = 0; number < 4; ++number) {
        order("bad", number);
        order("good", number);
    }
    ASSERT_TRUE(
        eventually([&] { return counter("bad").value == 4 && counter("good").value == 4; }));
    EXPECT_EQ(counter("bad").seen, (std::vector<std::int64_t>{0, 1, 2, 3}));
    EXPECT_TRUE(letters().empty());
    EXPECT_EQ(tries["bad"], 6);
    EXPECT_TRUE(eventually([&] { return store_->parked("shipping")->empty(); }));
}

TEST_F(DeliveryTest, ExhaustedRetriesBecomeADeadLetterAndOtherKeysGoOn) {
    Shipping shipping;
    std::atomic<int> tries{0};
    shipping.before = [&](const Event<Ordered>& event, const Delivery&) {
        if (event->number == 7) {
            ++tries;
            throw std::runtime_error("will never work");
        }
    };
    auto runtime = run(shipping);
    order("ada", 6);
    order("ada", 7);
    order("bob", 8);
    ASSERT_TRUE(eventually([&] {
        return letters().size() == 1 && counter("ada").value == 1 && counter("bob").value == 1;
    }));
    EXPECT_EQ(tries, 4) << "one try and three retries";
    const DeadLetter letter = letters()[0];
    EXPECT_EQ(letter.error, "will never work");
    EXPECT_EQ(letter.attempts.size(), 4U);
    EXPECT_EQ(letter.group, "shipping");
    EXPECT_TRUE(letter.holds_key);
    const auto original = store_->at(letter.record->position);
    EXPECT_EQ(letter.record->body, (*original)->body) << "the original bytes";
    EXPECT_FALSE(notices_.empty());
}

TEST_F(DeliveryTest, RequeuedDeadLetterKeepsItsIdAndIsResolved) {
    ClosedShop shop;
    auto runtime = run(shop.shipping);
    order("ada", 1);
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    EXPECT_EQ(letters()[0].attempts.size(), 1U) << "a rejected record is not tried again";
    shop.closed = false;
    auto requeued = store_->requeue(letters()[0].id, {});
    ASSERT_TRUE(requeued);
    runtime->requeued(*requeued);
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1; }));
    ASSERT_TRUE(eventually([&] { return letters()[0].status == DeadLetter::Status::resolved; }));
    ASSERT_EQ(letters().size(), 1U);
    EXPECT_THAT(steps_of(letters()[0]), testing::ElementsAre("requeued", "resolved"));
    EXPECT_TRUE(store_->parked("shipping")->empty());
}

TEST_F(DeliveryTest, DeadLetterRequeuedElsewhereIsHandledOnce) {
    // A file has one writer, which is told of what is requeued through it.
    if (store_->last_parked_change().value() == 0) return;
    ClosedShop shop;
    auto runtime = run(shop.shipping);
    order("ada", 1);
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    shop.closed = false;
    ASSERT_TRUE(store_->requeue(letters()[0].id, {}));  // nobody tells the runtime
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1; }));
    EXPECT_TRUE(eventually([&] { return store_->parked("shipping")->empty(); }));
    const std::lock_guard lock(shop.shipping.mutex);
    EXPECT_EQ(shop.shipping.seen.size(), 1U);
}

/// Fails on the first attempt; each takes at least 2 ms.
struct FailsOnce {
    static constexpr std::string_view group = "fails-once";
    std::atomic<bool> failed{false};
    void on(const Event<Ordered>&) {
        std::this_thread::sleep_for(2ms);
        if (!failed.exchange(true)) throw std::runtime_error("the first time");
    }
};

struct Slowly {
    static constexpr std::string_view group = "slowly";
    static constexpr GroupOptions options{.handler_timeout = 20ms};
    std::atomic<bool> release{false};
    std::atomic<bool> handled{false};
    void on(const Event<Ordered>&) {
        while (!release) std::this_thread::sleep_for(1ms);
        handled = true;
    }
};

TEST_F(DeliveryTest, SlowHandlerIsReportedAndNotInterrupted) {
    Slowly slowly;
    auto runtime = run(slowly);
    order("ada", 1);
    ASSERT_TRUE(eventually([&] { return runtime->status()[0].slow_handlers == 1; }));
    ASSERT_TRUE(eventually([&] {
        const std::lock_guard lock(mutex_);
        return std::ranges::any_of(notices_, [](const DeliveryNotice& notice) {
            return notice.text.find("has been running for") != std::string::npos;
        });
    }));
    slowly.release = true;
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_TRUE(slowly.handled);
    EXPECT_EQ(runtime->status()[0].slow_handlers, 0U);
}

TEST_F(DeliveryTest, EachAttemptIsTimedAndEachHandledEventHasAnAge) {
    FailsOnce once;
    auto runtime = run(once);
    order("ada", 1);
    ASSERT_TRUE(eventually([&] { return runtime->status()[0].handled == 1; }));
    const GroupStatus status = runtime->status()[0];
    const auto total = [](const Durations& durations) {
        EXPECT_EQ(durations.counts.size(), durations.bounds.size() + 1);
        return std::accumulate(durations.counts.begin(), durations.counts.end(), 0);
    };
    EXPECT_EQ(total(status.handler_time), 2);
    EXPECT_EQ(total(status.event_age), 1);
    EXPECT_GE(status.handler_time.sum, 0.004);
    EXPECT_GE(status.event_age.sum, 0.004);
    EXPECT_EQ(status.handler_time.counts[0], 0U) << "no attempt took less than the first bound";
}

TEST_F(DeliveryTest, HandledEventIsToldOnlyForDebugging) {
    Shipping shipping;
    for (const bool debug : {false, true}) {
        debug_ = debug;
        auto runtime = run(shipping);
        order("ada", 1);
        ASSERT_TRUE(runtime->drain(60s));
        const std::lock_guard lock(mutex_);
        const auto told = std::ranges::count_if(notices_, [](const DeliveryNotice& notice) {
            return notice.level == DeliveryNotice::Level::debug && notice.group == "shipping" &&
                   notice.event_type == "ordered" && !notice.event_id.empty() &&
                   notice.text.starts_with("handled in ") && notice.text.ends_with("attempt 1");
        });
        EXPECT_EQ(told, debug ? 1 : 0);
    }
}

TEST_F(DeliveryTest, StoreThatRefusesToParkIsAskedAgainAfterAPause) {
    test::StoreProxy full(*store_);
    std::atomic<bool> refuse{true};
    std::atomic<int> asked{0};
    full.before = [&](const Transaction& transaction) -> Result<void> {
        if (!refuse || transaction.park.empty()) return {};
        ++asked;
        return fail(ErrorCode::unavailable, "the disk is full");
    };
    front_ = &full;
    Failing failing;
    auto runtime = run(failing);
    for (int number = 0; number < 20; ++number) {
        ASSERT_TRUE(publisher().publish(Slow{.number = number}, {.key = "k"}));
    }
    ASSERT_TRUE(eventually([&] { return asked >= 4; }));
    // Four pauses take more than a second in all; without them there would be thousands.
    EXPECT_LT(asked, 100);
    EXPECT_THAT(runtime->status()[0].problem, testing::HasSubstr("the disk is full"));
    refuse = false;
    ASSERT_TRUE(eventually([&] { return store_->parked("slow-group")->size() == 20; }));
}

TEST_F(DeliveryTest, UndecodableRecordIsADeadLetterAtOnce) {
    Shipping shipping;
    Transaction transaction;
    transaction.appends.push_back({Record{.position = 0,
                                          .event_id = "broken-1",
                                          .event_type = "ordered",
                                          .key = "k",
                                          .aggregate_id = {},
                                          .sequence = 0,
                                          .timestamp = now(),
                                          .stored_at = {},
                                          .expires_at = {},
                                          .headers = {{"origin", "elsewhere"}},
                                          .body = R"({"event_type":"ordered","number":"x"})"},
                                   {}});
    ASSERT_TRUE(store_->commit(std::move(transaction)));
    order("ada", 1);
    auto runtime = run(shipping);
    ASSERT_TRUE(eventually([&] { return counter("ada").value == 1 && !letters().empty(); }));
    ASSERT_EQ(letters().size(), 1U);
    EXPECT_EQ(letters()[0].record->body, R"({"event_type":"ordered","number":"x"})");
    EXPECT_EQ(letters()[0].record->headers, (RecordHeaders{{"origin", "elsewhere"}}));
    EXPECT_NE(letters()[0].error.find("customer"), std::string::npos) << letters()[0].error;
    EXPECT_NE(letters()[0].error.find("number"), std::string::npos) << "every fault at once";
}

TEST_F(DeliveryTest, PublishedEventsCarryCauseAndTrace) {
    const auto cause = publisher().publish(
        Ordered{.customer = "ada", .number = 1},
        {.aggregate_id = "ada",
         .headers = {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                     {"tracestate", "vendor=1"},
                     {"other", "stays"}}});
    ASSERT_TRUE(cause);
    Shipping shipping;
    auto runtime = run(shipping);
    ASSERT_TRUE(runtime->drain(60s));
    const auto shipped = store_->query({.event_types = {"shipped"}, .limit = 1});
    ASSERT_TRUE(shipped && shipped->records.size() == 1U);
    EXPECT_EQ(
        shipped->records[0].headers,
        (RecordHeaders{{"causation_id", cause->event_id},
                       {"correlation_id", cause->event_id},
                       {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
                       {"tracestate", "vendor=1"}}));
}

TEST_F(DeliveryTest, EachGroupSeesEveryEventAndStartsAtTheEarliest) {
    order("ada", 1);
    order("bob", 2);
    Shipping shipping;
    Audit audit;
    auto runtime = run(shipping, audit);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(audit.count, 4);
    EXPECT_EQ(shipping.seen.size(), 2U);
    EXPECT_TRUE(letters().empty());
}

TEST_F(DeliveryTest, RestartContinuesWhereItStopped) {
    for (int number = 0; number < 50; ++number) order("c" + std::to_string(number % 5), number);
    {
        Shipping shipping;
        std::atomic<int> count{0};
        shipping.before = [&](const Event<Ordered>&, const Delivery&) { ++count; };
        auto runtime = run(shipping);
        ASSERT_TRUE(eventually([&] { return count > 5; }));
        EXPECT_TRUE(runtime->stop());
    }
    reopen();
    Shipping shipping;
    auto runtime = run(shipping);
    ASSERT_TRUE(runtime->drain(60s));
    for (int customer = 0; customer < 5; ++customer) {
        std::vector<std::int64_t> expected;
        for (int number = customer; number < 50; number += 5) expected.push_back(number);
        EXPECT_EQ(counter("c" + std::to_string(customer)).seen, expected)
            << "each record took effect once";
    }
}

TEST_F(DeliveryTest, ParkedRecordsAndTheirAttemptsSurviveARestart) {
    {
        Failing failing;
        auto runtime = run(failing);
        ASSERT_TRUE(publisher().publish(Slow{.number = 1}, {.key = "k"}));
        ASSERT_TRUE(publisher().publish(Slow{.number = 2}, {.key = "k"}));
        ASSERT_TRUE(eventually([&] { return store_->parked("slow-group")->size() == 2; }));
        EXPECT_TRUE(runtime->stop());
    }
    reopen();
    const auto parked = store_->parked("slow-group");
    ASSERT_EQ(parked->size(), 2U);
    EXPECT_EQ((*parked)[0].attempts.size(), 1U);
    EXPECT_EQ((*parked)[0].attempts[0].error, "tomorrow");
    EXPECT_TRUE((*parked)[1].attempts.empty()) << "the second one only waits behind the first";
}

TEST_F(DeliveryTest, SerialGroupKeepsASharedDocumentConsistent) {
    std::int64_t sum = 0;
    for (int number = 0; number < 200; ++number) {
        order("c" + std::to_string(number % 20), number);
        sum += number;
    }
    Totals totals;
    auto runtime = run(totals);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("all").value, sum);
    EXPECT_EQ(runtime->status()[0].conflicts, 0U);
}

TEST_F(DeliveryTest, HandlerIsRepeatedAfterADocumentConflict) {
    std::int64_t sum = 0;
    for (int number = 0; number < 60; ++number) {
        order("c" + std::to_string(number), number);
        sum += number;
    }
    ParallelTotals totals;
    auto runtime = run(totals);
    ASSERT_TRUE(eventually([&] { return counter("all").value == sum; })) << counter("all").value;
    EXPECT_TRUE(letters().empty());
}

TEST_F(DeliveryTest, UnstorableEffectsBecomeADeadLetter) {
    for (int number = 10; number < 16; ++number) order("c" + std::to_string(number), number);
    Conflicting conflicting;
    auto runtime = run(conflicting);
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    ASSERT_TRUE(eventually(
        [&] { return store_->query({.event_types = {"shipped"}})->records.size() == 5; }));
    EXPECT_NE(letters()[0].error.find("could not be stored"), std::string::npos);
}

TEST_F(DeliveryTest, StopLetsTheRunningHandlerFinish) {
    Shipping shipping;
    std::atomic<bool> entered{false};
    std::atomic<bool> release{false};
    shipping.before = [&](const Event<Ordered>&, const Delivery&) {
        entered = true;
        while (!release) std::this_thread::sleep_for(1ms);
    };
    auto runtime = run(shipping);
    order("ada", 1);
    ASSERT_TRUE(eventually([&] { return entered.load(); }));
    std::thread releaser([&] {
        std::this_thread::sleep_for(20ms);
        release = true;
    });
    EXPECT_TRUE(runtime->stop());
    releaser.join();
    EXPECT_EQ(counter("ada").value, 1);
}

TEST_F(DeliveryTest, TicksRunAndPublish) {
    Ticking ticking;
    auto runtime = run(ticking);
    ASSERT_TRUE(eventually([&] { return counter("ticks").value == 3; }));
    EXPECT_EQ(store_->query({.event_types = {"shipped"}})->records.size(), 3U);
}

TEST_F(DeliveryTest, StatusReportsLagAndParked) {
    Shipping shipping;
    auto runtime = run(shipping);
    order("ada", 1);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_TRUE(runtime->stop());
    order("ada", 2);
    order("ada", 3);
    const auto status = runtime->status();
    ASSERT_EQ(status.size(), 1U);
    EXPECT_EQ(status[0].group, "shipping");
    EXPECT_EQ(status[0].lag, 2);
    EXPECT_EQ(status[0].handled, 1U);
}

TEST_F(DeliveryTest, BackPressureBoundsWhatIsRead) {
    for (int number = 0; number < 100; ++number) order("c" + std::to_string(number), number);
    Stuck stuck;
    auto runtime = run(stuck);
    ASSERT_TRUE(eventually([&] { return runtime->status()[0].in_flight == 8; }));
    EXPECT_EQ(runtime->status()[0].position, 0);
    stuck.release = true;
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(stuck.count, 100);
}

}  // namespace
}  // namespace quipu::delivery_test
