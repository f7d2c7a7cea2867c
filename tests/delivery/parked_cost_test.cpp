// SPDX-License-Identifier: Apache-2.0
// What parked records cost, counted in calls of the store.
#include <atomic>
#include <set>

#include "delivery/fixture.hpp"
#include "store/store_proxy.hpp"

namespace quipu::delivery_test {
namespace {

/// Counts what is asked of a store.
class CountingStore : public test::StoreProxy {
  public:
    explicit CountingStore(Store& inner) : StoreProxy(inner) {
        before = [this](const Transaction& transaction) -> Result<void> {
            ++transactions;
            if (!transaction.park.empty()) ++parkings;
            return {};
        };
    }
    std::atomic<int> transactions{0};
    std::atomic<int> parkings{0};
    std::atomic<int> loads{0};   ///< of parked records
    std::atomic<int> counts{0};  ///< of events beyond a position

    [[nodiscard]] int calls() const { return transactions + loads + counts; }

    using StoreProxy::parked;
    Result<std::vector<Parked>> parked(const std::string& group, std::int64_t after_position,
                                       std::size_t limit) override {
        ++loads;
        return StoreProxy::parked(group, after_position, limit);
    }
    Result<std::vector<Parked>> parked_of_key(const std::string& group, const std::string& key,
                                              std::int64_t after_position,
                                              std::size_t limit) override {
        ++loads;
        return StoreProxy::parked_of_key(group, key, after_position, limit);
    }
    Result<std::int64_t> count_beyond(std::int64_t position,
                                      const std::vector<std::string>& types) override {
        ++counts;
        return StoreProxy::count_beyond(position, types);
    }
};

/// Fails on the key "one", and handles all other keys.
struct OneFails {
    static constexpr std::string_view group = "one-fails";
    std::atomic<int> handled{0};
    void on(const Event<Slow>& event) {
        if (event->number < 0) throw std::runtime_error("tomorrow");
        ++handled;
    }
};

class ParkedCost : public DeliveryTest {
  protected:
    static constexpr int records = 2000;

    void SetUp() override {
        DeliveryTest::SetUp();
        counting_ = std::make_unique<CountingStore>(*store_);
        front_ = counting_.get();
        runtime_ = run(group_);
        for (int from = 0; from < records; from += 500) {
            ASSERT_TRUE(publisher().transact([&](auto& unit) {
                for (int i = 0; i < 500; ++i) unit.publish(Slow{.number = -1}, {.key = "one"});
            }));
        }
        ASSERT_TRUE(eventually([&] {
            const GroupStatus status = runtime_->status()[0];
            return status.parked == records && status.in_flight == 0;
        }));
    }
    void TearDown() override { runtime_.reset(); }

    std::unique_ptr<CountingStore> counting_;
    OneFails group_;
    std::unique_ptr<DeliveryRuntime> runtime_;
};

TEST_F(ParkedCost, RecordsBehindAParkedOneAreParkedManyAtATime) {
    EXPECT_LT(counting_->parkings, records / 20);
    EXPECT_LT(counting_->loads, records / 20);
}

/// Apart from a look once a second for what other processes have parked.
TEST_F(ParkedCost, IdleGroupAsksTheStoreForNothing) {
    static_cast<void>(runtime_->status());
    const int transactions = counting_->transactions;
    const int loads = counting_->loads;
    std::this_thread::sleep_for(2s);
    EXPECT_EQ(counting_->transactions, transactions);
    EXPECT_EQ(counting_->loads, loads);
}

TEST_F(ParkedCost, AnotherKeyCostsNoLoadOfParkedRecords) {
    const int loads = counting_->loads;
    for (int number = 1; number <= 20; ++number) {
        ASSERT_TRUE(publisher().publish(Slow{.number = number}, {.key = "other"}));
    }
    ASSERT_TRUE(eventually([&] { return group_.handled == 20; }));
    EXPECT_EQ(counting_->loads, loads);
}

TEST_F(ParkedCost, StatusNeitherLoadsNorCountsAgain) {
    static_cast<void>(runtime_->status());
    const int calls = counting_->calls();
    for (int i = 0; i < 1000; ++i) static_cast<void>(runtime_->status());
    // The lag is counted once more at most, since the log's end does not move.
    EXPECT_LE(counting_->calls(), calls + 1);
}

}  // namespace
}  // namespace quipu::delivery_test
