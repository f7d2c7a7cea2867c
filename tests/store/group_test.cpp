// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Groups : public testing::Test {
  protected:
    void publish(std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            ASSERT_TRUE(store->commit(append(event(++number))));
        }
    }
    Result<Committed> finish(std::vector<std::int64_t> positions,
                             std::vector<std::pair<std::int64_t, std::int64_t>> ranges = {},
                             std::string group = "g") {
        Transaction transaction;
        transaction.group = std::move(group);
        transaction.finished = std::move(positions);
        transaction.finished_ranges = std::move(ranges);
        return store->commit(transaction);
    }
    GroupPosition group(const std::string& name = "g") {
        const auto all = store->groups();
        for (const auto& each : all.value()) {
            if (each.group == name) {
                return each;
            }
        }
        ADD_FAILURE() << "no group " << name;
        return {};
    }

    Fixture store;
    std::int64_t number = 0;
};

TEST_F(Groups, StartAtEitherEnd) {
    publish(3);
    EXPECT_EQ(store->open_group("late", false)->position, 3);
    EXPECT_EQ(store->open_group("early", true)->position, 0);
    // Known groups stay where they are.
    EXPECT_EQ(store->open_group("late", true)->position, 3);
    store.reopen();
    EXPECT_EQ(store->open_group("early", false)->position, 0);
    EXPECT_EQ(store->groups()->size(), 2U);
    EXPECT_EQ(store->open_group("", true).error().code, ErrorCode::invalid);
}

TEST_F(Groups, ListsUnfinishedPositions) {
    publish(6);
    EXPECT_EQ(store->unfinished("g", {1}).error().code, ErrorCode::not_found);
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(finish({1, 2, 5}));
    EXPECT_THAT(store->unfinished("g", {6, 5, 4, 3, 2, 1}).value(), ElementsAre(6, 4, 3));
    EXPECT_THAT(store->unfinished("g", {}).value(), IsEmpty());
    store.reopen();
    EXPECT_THAT(store->unfinished("g", {4, 5}).value(), ElementsAre(4));
}

TEST_F(Groups, GroupOpenedOnAnEmptyLogKeepsItsStart) {
    ASSERT_TRUE(store->open_group("g", false));
    store.reopen();
    publish(2);
    EXPECT_EQ(store->open_group("g", false)->position, 0);
}

TEST_F(Groups, OffsetStopsAtTheFirstUnfinishedPosition) {
    publish(6);
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(finish({3}));
    ASSERT_TRUE(finish({5, 2}));
    EXPECT_EQ(group().position, 0);
    EXPECT_THAT(group().finished_above, ElementsAre(2, 3, 5));
    store.reopen();
    EXPECT_THAT(group().finished_above, ElementsAre(2, 3, 5));
    ASSERT_TRUE(finish({1}));
    EXPECT_EQ(group().position, 3);
    EXPECT_THAT(group().finished_above, ElementsAre(5));
    ASSERT_TRUE(finish({4}));
    EXPECT_EQ(group().position, 5);
    EXPECT_THAT(group().finished_above, IsEmpty());
    store.reopen();
    EXPECT_EQ(group().position, 5);
}

TEST_F(Groups, FinishingTwiceIsAConflict) {
    publish(5);
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(store->open_group("other", true));
    ASSERT_TRUE(finish({1, 3}));
    for (const auto& positions : std::vector<std::vector<std::int64_t>>{{1}, {3}, {2, 3}, {2, 2}}) {
        Transaction transaction;
        transaction.group = "g";
        transaction.finished = positions;
        transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
        const auto result = store->commit(transaction);
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::conflict);
    }
    EXPECT_EQ(store->document("c", "k").value(), std::nullopt);
    EXPECT_TRUE(finish({1, 3}, {}, "other"));
    store.reopen();
    EXPECT_FALSE(finish({3}));
    EXPECT_TRUE(finish({2}));
}

TEST_F(Groups, RangesMayOverlapFinishedPositions) {
    publish(100);
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(finish({10, 50}));
    ASSERT_TRUE(finish({60}, {{2, 40}, {45, 55}, {45, 55}}));
    EXPECT_EQ(group().position, 0);
    EXPECT_FALSE(finish({30}));
    EXPECT_FALSE(finish({60}));
    ASSERT_TRUE(finish({1}));
    EXPECT_EQ(group().position, 40);
    store.reopen();
    EXPECT_EQ(group().position, 40);
    EXPECT_THAT(group().finished_above,
                ElementsAre(45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 60));
    ASSERT_TRUE(finish({}, {{1, 100}}));
    EXPECT_EQ(group().position, 100);
    store.reopen();
    EXPECT_EQ(group().position, 100);
    EXPECT_TRUE(store->verify()->empty());
}

TEST_F(Groups, RejectUnknownGroupsAndPositions) {
    publish(2);
    EXPECT_EQ(finish({1}).error().code, ErrorCode::not_found);
    ASSERT_TRUE(store->open_group("g", true));
    EXPECT_EQ(finish({3}).error().code, ErrorCode::invalid);
    EXPECT_EQ(finish({0}).error().code, ErrorCode::invalid);
    EXPECT_EQ(finish({}, {{1, 3}}).error().code, ErrorCode::invalid);
    EXPECT_EQ(finish({}, {{2, 1}}).error().code, ErrorCode::invalid);
    EXPECT_EQ(finish({}, {{0, 1}}).error().code, ErrorCode::invalid);
    EXPECT_EQ(finish({1}, {}, "").error().code, ErrorCode::invalid);
    EXPECT_EQ(group().position, 0);
}

TEST_F(Groups, FinishedRangesMergeInAnyOrder) {
    publish(400);
    ASSERT_TRUE(store->open_group("g", true));
    for (std::int64_t i = 2; i <= 400; i += 2) {
        ASSERT_TRUE(finish({i}));
    }
    EXPECT_EQ(group().finished_above.size(), 200U);
    for (std::int64_t i = 399; i >= 1; i -= 2) {
        ASSERT_TRUE(finish({i}));
    }
    EXPECT_EQ(group().position, 400);
    EXPECT_THAT(group().finished_above, IsEmpty());
    store.reopen();
    EXPECT_EQ(group().position, 400);
    EXPECT_TRUE(store->verify()->empty());
}

}  // namespace
}  // namespace quipu::test
