// SPDX-License-Identifier: Apache-2.0
// Groups of a topic log that has lost, never got, or not yet got what the store has.
#include <algorithm>
#include <set>

#include "delivery/log_groups.hpp"

namespace quipu::delivery_test {
namespace {

/// One lane for all keys.
struct InLine : Collector {
    static constexpr std::string_view group = "in_line";
    static constexpr GroupOptions options{.serial = true};
};

/// One key in two topics.
struct Both {
    static constexpr std::string_view group = "both";
    std::mutex mutex;
    std::vector<std::int64_t> seen;
    void on(const Event<Ordered>& event) { add(event->number); }
    void on(const Event<Shipped>& event) { add(event->number); }
    void add(std::int64_t number) {
        const std::lock_guard lock(mutex);
        seen.push_back(number);
    }
};

class LogBackfill : public LogGroups {
  protected:
    void SetUp() override {
        LogGroups::SetUp();
        patience_ = 30ms;
    }
    /// In the log, and then not any more.
    void order_and_lose(const std::vector<std::string>& customers, std::int64_t number) {
        for (const std::string& customer : customers) order(customer, number);
        ASSERT_TRUE(relay_->wait_published(store_->last_position(), 60s));
        log_.expire("ordered");
    }
};

TEST_F(LogBackfill, NewGroupReadsExpiredHistoryFromTheStore) {
    constexpr std::int64_t each = 200;
    const std::vector<std::string> customers{"ada", "bob", "cyd", "dan", "eve"};
    for (std::int64_t number = 0; number < each; ++number) order_and_lose(customers, number);
    for (const std::string& customer : customers) order(customer, each);
    Collector first;
    Collector second;
    auto one = member(first);
    auto two = member(second);
    ASSERT_TRUE(one->drain(60s));
    ASSERT_TRUE(two->drain(60s));
    for (const std::string& customer : customers) {
        const Counter counted = counter(customer);
        EXPECT_EQ(counted.value, each + 1);
        EXPECT_TRUE(std::ranges::is_sorted(counted.seen)) << customer;
    }
    EXPECT_EQ(one->status().front().lag, 0);
    EXPECT_TRUE(letters().empty());
}

TEST_F(LogBackfill, ExpiredHistoryPrecedesRecordsOfTheLog) {
    // Ada's lies further on than a group looks at once when the first record comes from the log.
    constexpr std::int64_t lost = 6000;
    const auto customer = [](std::int64_t number) { return number < lost / 2 ? "bob" : "ada"; };
    for (std::int64_t first = 0; first < lost; first += 1000) {
        ASSERT_TRUE(publisher().transact([&](UnitOfWork<Events>& unit) {
            for (std::int64_t number = first; number < first + 1000; ++number) {
                unit.publish(Ordered{.customer = customer(number), .number = number},
                             {.aggregate_id = customer(number)});
            }
        }));
    }
    ASSERT_TRUE(relay_->wait_published(store_->last_position(), 60s));
    log_.expire("ordered");
    for (std::int64_t number = lost; number < lost + 50; ++number) order("ada", number);
    ASSERT_TRUE(relay_->wait_published(store_->last_position(), 60s));
    struct Numbers : Collector {
        void on(const Event<Ordered>& event) {
            const std::lock_guard lock(mutex);
            seen["all"].push_back(event->number);
            seen[event->customer].push_back(event->number);
        }
    } group;
    auto runtime = member(group);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(group.seen["all"].size(), static_cast<std::size_t>(lost + 50));
    EXPECT_TRUE(std::ranges::is_sorted(group.seen["ada"]));
    EXPECT_TRUE(std::ranges::is_sorted(group.seen["bob"]));
}

TEST_F(LogBackfill, ReleasedTwiceStartsOnce) {
    // Two of one key, the first within what a group looks at when they come, the second beyond it;
    // then the second is free because the first has begun, and because the group has looked on.
    const auto fill = [&](int count) {
        ASSERT_TRUE(publisher().transact([&](UnitOfWork<Events>& unit) {
            for (int number = 0; number < count; ++number) unit.publish(Slow{.number = number});
        }));
    };
    fill(2040);
    ASSERT_TRUE(publisher().publish(Shipped{.customer = "ada", .number = 1}, {.key = "ada"}));
    fill(50);
    ASSERT_TRUE(publisher().publish(Ordered{.customer = "ada", .number = 2}, {.key = "ada"}));
    ASSERT_TRUE(relay_->wait_published(store_->last_position(), 60s));
    Both group;
    auto runtime = member(group);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(group.seen, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(LogBackfill, BusyGroupStillBackfills) {
    order_and_lose({"ada"}, 1);
    Collector collector;
    auto runtime = member(collector);
    std::atomic<bool> stop{false};
    std::jthread others([&] {
        for (int number = 0; !stop; ++number) order("c" + std::to_string(number % 50), number);
    });
    order("ada", 2);
    EXPECT_TRUE(eventually([&] { return counter("ada").value == 2; }));
    stop = true;
    EXPECT_EQ(counter("ada").seen, (std::vector<std::int64_t>{1, 2}));
}

TEST_F(LogBackfill, SerialGroupBackfills) {
    order_and_lose({"ada", "bob"}, 1);
    InLine group;
    auto runtime = member(group);
    order("cyd", 2);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value + counter("bob").value + counter("cyd").value, 3);
}

TEST_F(LogBackfill, RecordsRejectedByTheLogAreHandledInOrder) {
    log_.fault = [](const LogRecord& record) -> std::optional<Error> {
        if (record.value.find("\"number\":2") == std::string::npos) return std::nullopt;
        return Error{ErrorCode::limit, "too large"};
    };
    Collector collector;
    auto runtime = member(collector);
    for (std::int64_t number = 1; number <= 3; ++number) order("ada", number);
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").seen, (std::vector<std::int64_t>{1, 2, 3}));
    ASSERT_EQ(letters().size(), 1U);
    EXPECT_EQ(letters().front().group, relay_group) << "other systems have not got it";
}

TEST_F(LogBackfill, UnpublishedRecordsAreNotBackfilled) {
    Collector collector;
    auto runtime = member(collector);
    order("bob", 1);
    ASSERT_TRUE(runtime->drain(60s));
    relay_.reset();
    order("ada", 1);
    std::this_thread::sleep_for(20 * patience_);
    EXPECT_EQ(counter("ada").value, 0);
    start();
    ASSERT_TRUE(runtime->drain(60s));
    EXPECT_EQ(counter("ada").value, 1);
}

TEST_F(LogBackfill, RecordsInFlightElsewhereAreNotBackfilled) {
    std::atomic<bool> let_go{false};
    const auto wait = [&](const Event<Ordered>&) {
        EXPECT_TRUE(eventually([&] { return let_go.load(); }));
    };
    Collector first;
    Collector second;
    first.before = second.before = wait;
    auto one = member(first);
    auto two = member(second);
    ASSERT_TRUE(eventually([&] { return one->drain(100ms) && two->drain(100ms); }));
    for (int number = 0; number < 40; ++number) order("c" + std::to_string(number), number);
    std::this_thread::sleep_for(20 * patience_);
    let_go = true;
    ASSERT_TRUE(one->drain(60s));
    ASSERT_TRUE(two->drain(60s));
    std::size_t handlings = 0;
    for (const Collector* each : {&first, &second}) {
        for (const auto& [customer, numbers] : each->seen) handlings += numbers.size();
    }
    EXPECT_EQ(handlings, 40U);
}

}  // namespace
}  // namespace quipu::delivery_test
