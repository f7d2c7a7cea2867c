// SPDX-License-Identifier: Apache-2.0
// What groups have parked, read in pages.

#include <gmock/gmock.h>

#include "store/letters.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using ParkedPages = LetterTest;

std::vector<std::int64_t> positions(const Result<std::vector<Parked>>& entries) {
    std::vector<std::int64_t> out;
    for (const auto& entry : entries.value()) {
        out.push_back(entry.position);
    }
    return out;
}

TEST_F(ParkedPages, StartAfterPositionAndEndAtLimit) {
    ASSERT_TRUE(store->open_group("h", true));
    Parked others = entry(2);
    others.group = "h";
    ASSERT_TRUE(park({entry(5), entry(1), entry(4), entry(2), others}));
    EXPECT_THAT(positions(store->parked("g", 0, 2)), ElementsAre(1, 2));
    EXPECT_THAT(positions(store->parked("g", 2, 2)), ElementsAre(4, 5));
    EXPECT_THAT(positions(store->parked("g", 4, 9)), ElementsAre(5));
    EXPECT_THAT(positions(store->parked("g", 5, 9)), IsEmpty());
    EXPECT_THAT(positions(store->parked("g", 0, 0)), IsEmpty());
    EXPECT_THAT(positions(store->parked("h", 0, 9)), ElementsAre(2));
    EXPECT_THAT(positions(store->parked("nobody", 0, 9)), IsEmpty());
}

TEST_F(ParkedPages, OfOneKeyLeaveOutOtherKeys) {
    ASSERT_TRUE(store->open_group("h", true));
    Parked without = entry(4);
    without.key = "";
    Parked bytes = entry(6);
    bytes.key = std::string("\xff\0k", 3);
    Parked others = entry(5);
    others.group = "h";
    ASSERT_TRUE(park({entry(3), entry(1), entry(2), others, without, bytes}));
    EXPECT_THAT(positions(store->parked_of_key("g", uuid(100), 0, 9)), ElementsAre(1, 3));
    EXPECT_THAT(positions(store->parked_of_key("g", uuid(100), 1, 9)), ElementsAre(3));
    EXPECT_THAT(positions(store->parked_of_key("g", uuid(100), 0, 1)), ElementsAre(1));
    EXPECT_THAT(positions(store->parked_of_key("g", uuid(100), 0, 0)), IsEmpty());
    EXPECT_THAT(positions(store->parked_of_key("g", uuid(200), 0, 9)), ElementsAre(2));
    EXPECT_THAT(positions(store->parked_of_key("g", "", 0, 9)), ElementsAre(4));
    EXPECT_THAT(positions(store->parked_of_key("g", bytes.key, 0, 9)), ElementsAre(6));
    EXPECT_THAT(positions(store->parked_of_key("h", uuid(200), 0, 9)), IsEmpty());
}

TEST_F(ParkedPages, LongListIsReadWhole) {
    constexpr std::int64_t count = 2100;
    Transaction events;
    for (std::int64_t i = 7; i <= count; ++i) {
        events.appends.push_back({.record = event(i), .expected_sequence = {}});
    }
    ASSERT_TRUE(store->commit(std::move(events)));
    std::vector<Parked> all;
    for (std::int64_t i = 1; i <= count; ++i) {
        all.push_back({.group = "g", .position = i, .key = "k", .due_at = at(i)});
    }
    ASSERT_TRUE(park(all));
    const auto found = store->parked("g").value();
    ASSERT_THAT(found, SizeIs(count));
    for (std::int64_t i = 1; i <= count; ++i) {
        ASSERT_EQ(found[static_cast<std::size_t>(i - 1)].position, i);
    }
}

TEST_F(ParkedPages, StillParkedPositionsAreUniqueAndAscending) {
    ASSERT_TRUE(store->open_group("h", true));
    Parked others = entry(6);
    others.group = "h";
    ASSERT_TRUE(park({entry(1), entry(4), entry(5), others}));
    EXPECT_THAT(store->still_parked("g", {5, 2, 4, 6, 5}).value(), ElementsAre(4, 5));
    EXPECT_THAT(store->still_parked("g", {}).value(), IsEmpty());
    EXPECT_THAT(store->still_parked("nobody", {1, 4}).value(), IsEmpty());
    Transaction unpark;
    unpark.unpark = {entry(4)};
    ASSERT_TRUE(store->commit(unpark));
    EXPECT_THAT(store->still_parked("g", {5, 4}).value(), ElementsAre(5));
}

TEST_F(ParkedPages, RetryNowMakesEntryDue) {
    Parked waiting = entry(1);
    waiting.attempts = {{.at = at(1), .error = "once"}, {.at = at(2), .error = "twice"}};
    waiting.source = "made/4";
    ASSERT_TRUE(park({waiting, entry(3)}));
    const std::int64_t since = store->last_parked_change().value();
    store.set_time(at(1'800'000'050));
    const auto due = store->retry_now("g", 1);
    ASSERT_TRUE(due) << due.error().message;
    EXPECT_EQ(due->due_at, at(1'800'000'050));
    store.reopen();
    const auto parked = store->parked("g").value();
    ASSERT_THAT(parked, SizeIs(2));
    for (const Parked& now : {parked[0], *due}) {
        EXPECT_EQ(now.group, "g");
        EXPECT_EQ(now.position, 1);
        EXPECT_EQ(now.key, uuid(100));
        EXPECT_EQ(now.due_at, at(1'800'000'050));
        EXPECT_THAT(now.attempts, SizeIs(2)) << "they stay counted";
        EXPECT_EQ(now.source, "made/4");
    }
    EXPECT_EQ(parked[1].due_at, entry(3).due_at);
    if (since > 0) {
        EXPECT_THAT(positions(store->parked_changes("g", since)->entries), ElementsAre(1));
    }
}

TEST_F(ParkedPages, RetryNowRefusesHeldAndMissingEntries) {
    const std::int64_t id = hold(1);
    EXPECT_EQ(store->retry_now("g", 3).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->retry_now("nobody", 1).error().code, ErrorCode::not_found);
    const auto held = store->retry_now("g", 1);
    EXPECT_EQ(held.error().code, ErrorCode::conflict);
    EXPECT_THAT(held.error().message, testing::HasSubstr("dead letter " + std::to_string(id)));
    EXPECT_TRUE(store->parked("g")->front().held());
    ASSERT_TRUE(store->requeue(id, {}));
    ASSERT_TRUE(store->retry_now("g", 1));
    EXPECT_EQ(store->parked("g")->front().letter, id);
}

/// A store with one writer has no changes to tell, and says so by its first number.
TEST_F(ParkedPages, ChangesStartAfterTheGivenNumber) {
    ASSERT_TRUE(park({entry(1)}));
    const std::int64_t since = store->last_parked_change().value();
    ASSERT_TRUE(park({entry(2), entry(3)}));
    const auto changes = store->parked_changes("g", since).value();
    EXPECT_FALSE(changes.more);
    if (since == 0) {
        EXPECT_THAT(changes.entries, IsEmpty());
        EXPECT_EQ(changes.next, 0);
        return;
    }
    EXPECT_THAT(positions(changes.entries), testing::UnorderedElementsAre(2, 3));
    EXPECT_GT(changes.next, since);
    EXPECT_THAT(store->parked_changes("g", changes.next)->entries, IsEmpty());
    EXPECT_EQ(store->parked_changes("g", changes.next)->next, changes.next);
}

}  // namespace
}  // namespace quipu::test
