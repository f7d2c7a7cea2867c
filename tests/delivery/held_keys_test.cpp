// SPDX-License-Identifier: Apache-2.0
// What becomes of the later records of a key when one of its records becomes a dead letter.
#include <set>

#include "delivery/fixture.hpp"
#include "store/store_proxy.hpp"

namespace quipu::delivery_test {
namespace {

class HeldKeys : public DeliveryTest {};

/// Fails on orders with certain numbers until they are mended.
struct Picky {
    static constexpr std::string_view group = "picky";
    std::mutex mutex;
    std::set<std::int64_t> bad;
    std::vector<std::int64_t> seen;

    void on(const Event<Ordered>& event) {
        const std::lock_guard lock(mutex);
        if (bad.contains(event->number)) throw std::runtime_error("not this one");
        seen.push_back(event->number);
    }
    std::vector<std::int64_t> handled() {
        const std::lock_guard lock(mutex);
        return seen;
    }
    void mend(std::int64_t number) {
        const std::lock_guard lock(mutex);
        bad.erase(number);
    }
};

/// As Picky, and lets the key go on.
struct Releasing : Picky {
    static constexpr std::string_view group = "releasing";
    static constexpr GroupOptions options{.on_dead_letter = OnDeadLetter::release_key};
    void on(const Event<Ordered>& event) { Picky::on(event); }
};

TEST_F(HeldKeys, RequeuedRecordAndThoseBehindItAreHandledInOrder) {
    Picky picky;
    picky.bad = {2};
    auto runtime = run(picky);
    for (const std::int64_t number : {1, 2, 3, 4}) order("ada", number);
    order("bob", 5);
    ASSERT_TRUE(eventually([&] {
        return letters().size() == 1 && store_->parked("picky")->size() == 3 &&
               picky.handled().size() == 2;
    }));
    // The group learns what is stored after the store shows it.
    ASSERT_TRUE(eventually([&] { return runtime->status()[0].parked == 3; }));
    const GroupStatus status = runtime->status()[0];
    EXPECT_EQ(status.held_keys, 1U);
    EXPECT_EQ(status.parked, 3U);
    EXPECT_TRUE(status.held_since.has_value());
    picky.mend(2);
    const auto requeued = store_->requeue(letters()[0].id, {"me", "mended"});
    ASSERT_TRUE(requeued);
    runtime->requeued(*requeued);
    ASSERT_TRUE(eventually([&] { return picky.handled().size() == 5; }));
    auto handled = picky.handled();
    std::erase(handled, 5);
    EXPECT_THAT(handled, testing::ElementsAre(1, 2, 3, 4));
    ASSERT_TRUE(eventually([&] { return store_->parked("picky")->empty(); }));
    EXPECT_TRUE(eventually([&] { return runtime->status()[0].held_keys == 0; }));
    EXPECT_TRUE(runtime->stop());
    EXPECT_THAT(*store_->verify(), testing::IsEmpty());
}

TEST_F(HeldKeys, HeldKeySurvivesARestartWithWhatWaitsBehindIt) {
    {
        Picky picky;
        picky.bad = {2};
        auto runtime = run(picky);
        for (const std::int64_t number : {1, 2, 3}) order("ada", number);
        ASSERT_TRUE(eventually(
            [&] { return letters().size() == 1 && store_->parked("picky")->size() == 2; }));
        EXPECT_TRUE(runtime->stop());
    }
    reopen();
    Picky picky;
    auto runtime = run(picky);
    order("ada", 4);
    order("bob", 5);
    ASSERT_TRUE(eventually([&] { return store_->parked("picky")->size() == 3; }));
    ASSERT_TRUE(eventually([&] { return picky.handled().size() == 1; }));
    EXPECT_THAT(picky.handled(), testing::ElementsAre(5)) << "the key is still held";
    const auto requeued = store_->requeue(letters()[0].id, {});
    ASSERT_TRUE(requeued);
    runtime->requeued(*requeued);
    ASSERT_TRUE(eventually([&] { return picky.handled().size() == 4; }));
    EXPECT_THAT(picky.handled(), testing::ElementsAre(5, 2, 3, 4));
}

TEST_F(HeldKeys, SecondFailureContinuesTheSameLetterAndHoldsItsKeyAgain) {
    Picky picky;
    picky.bad = {2};
    auto runtime = run(picky);
    for (const std::int64_t number : {2, 3}) order("ada", number);
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    const auto requeued = store_->requeue(letters()[0].id, {"me", "try"});
    ASSERT_TRUE(requeued);
    runtime->requeued(*requeued);
    ASSERT_TRUE(eventually([&] { return letters()[0].attempts.size() == 8; }));
    ASSERT_TRUE(eventually([&] { return letters()[0].status == DeadLetter::Status::open; }));
    ASSERT_EQ(letters().size(), 1U) << "one letter is one story";
    EXPECT_THAT(steps_of(letters()[0]), testing::ElementsAre("requeued", "failed again"));
    EXPECT_EQ(letters()[0].history[0].decision.by, "me");
    EXPECT_EQ(letters()[0].history[0].decision.reason, "try");
    EXPECT_TRUE(letters()[0].holds_key);
    EXPECT_THAT(picky.handled(), testing::IsEmpty());
}

TEST_F(HeldKeys, DiscardedLetterLetsItsKeyGoOn) {
    Picky picky;
    picky.bad = {2};
    auto runtime = run(picky);
    for (const std::int64_t number : {2, 3, 4}) order("ada", number);
    ASSERT_TRUE(
        eventually([&] { return letters().size() == 1 && store_->parked("picky")->size() == 3; }));
    const auto discarded = store_->discard(letters()[0].id, {"me", "not needed"});
    ASSERT_TRUE(discarded);
    runtime->discarded(*discarded);
    ASSERT_TRUE(eventually([&] { return picky.handled().size() == 2; }));
    EXPECT_THAT(picky.handled(), testing::ElementsAre(3, 4));
    ASSERT_TRUE(eventually([&] { return store_->parked("picky")->empty(); }));
}

TEST_F(HeldKeys, ArchivedEventLetsTheKeyGoOnThatItHeld) {
    Picky picky;
    picky.bad = {2};
    auto runtime = run(picky);
    for (const std::int64_t number : {2, 3}) order("ada", number);
    ASSERT_TRUE(
        eventually([&] { return letters().size() == 1 && store_->parked("picky")->size() == 2; }));
    const RecordPtr record = letters()[0].record;
    ASSERT_TRUE(store_->archive(record->event_id, "me", "asked to"));
    runtime->archived(record->position);
    ASSERT_TRUE(eventually([&] { return picky.handled().size() == 1; }));
    EXPECT_THAT(picky.handled(), testing::ElementsAre(3));
}

TEST_F(HeldKeys, GroupThatReleasesKeysHandlesWhatComesAfterADeadLetter) {
    Releasing releasing;
    releasing.bad = {2};
    auto runtime = run(releasing);
    for (const std::int64_t number : {1, 2, 3}) order("ada", number);
    ASSERT_TRUE(
        eventually([&] { return letters().size() == 1 && releasing.handled().size() == 2; }));
    EXPECT_THAT(releasing.handled(), testing::ElementsAre(1, 3));
    EXPECT_FALSE(letters()[0].holds_key);
    ASSERT_TRUE(eventually([&] { return store_->parked("releasing")->empty(); }));
    EXPECT_TRUE(eventually([&] { return runtime->status()[0].held_keys == 0; }));
}

TEST_F(HeldKeys, RecordWithoutAKeyHoldsNobody) {
    Picky picky;
    picky.bad = {2};
    auto runtime = run(picky);
    ASSERT_TRUE(publisher().publish(Ordered{.customer = "ada", .number = 2}));
    ASSERT_TRUE(eventually([&] { return letters().size() == 1; }));
    EXPECT_FALSE(letters()[0].holds_key);
    EXPECT_TRUE(store_->parked("picky")->empty());
}

/// A store whose answers to loads are late: what they say was true some commits ago.
class LateLoads : public test::StoreProxy {
  public:
    using StoreProxy::StoreProxy;
    std::atomic<std::chrono::milliseconds> delay{0ms};

    Result<std::vector<Parked>> parked_of_key(const std::string& group, const std::string& key,
                                              std::int64_t after_position,
                                              std::size_t limit) override {
        auto entries = StoreProxy::parked_of_key(group, key, after_position, limit);
        std::this_thread::sleep_for(delay.load());
        return entries;
    }
};

TEST_F(HeldKeys, ManyRecordsBehindAHeldKeyAreHandledInOrderAfterRequeue) {
    Picky picky;
    picky.bad = {0};
    LateLoads late(*store_);
    front_ = &late;
    auto runtime = run(picky);
    constexpr std::int64_t count = 1500;  // several times what is kept in memory of a key
    std::vector<std::int64_t> all;
    for (std::int64_t number = 0; number < count; ++number) {
        order("ada", number);
        all.push_back(number);
    }
    ASSERT_TRUE(eventually([&] { return store_->parked("picky")->size() == count; }));
    EXPECT_TRUE(eventually([&] { return runtime->status()[0].parked == count; }));
    picky.mend(0);
    // So late that the key's last record has been handled when the last load is answered.
    late.delay = 20ms;
    const auto requeued = store_->requeue(letters()[0].id, {});
    ASSERT_TRUE(requeued);
    runtime->requeued(*requeued);
    ASSERT_TRUE(eventually([&] { return picky.handled().size() == all.size(); }));
    EXPECT_EQ(picky.handled(), all);
    ASSERT_TRUE(eventually([&] { return store_->parked("picky")->empty(); }));
    EXPECT_TRUE(eventually([&] { return runtime->status()[0].parked == 0; }));
}

}  // namespace
}  // namespace quipu::delivery_test
