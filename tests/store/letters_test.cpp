// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

class Letters : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(store->open_group("g", true));
        for (std::int64_t i = 1; i <= 5; ++i) {
            ASSERT_TRUE(store->commit(append(event(i, "made", uuid(100)))));
        }
    }
    static Parked parking(std::int64_t position, std::string group = "g") {
        return {.group = std::move(group),
                .position = position,
                .key = uuid(100),
                .due_at = at(1'800'000'100),
                .attempts = {{.at = at(1'800'000'000), .error = "first"},
                             {.at = at(1'800'000'050), .error = std::string("se\0cond", 7)}}};
    }
    Result<Committed> park(Parked parked) {
        Transaction transaction;
        transaction.park = {std::move(parked)};
        return store->commit(transaction);
    }
    Result<Committed> unpark(std::int64_t position) {
        Transaction transaction;
        transaction.unpark = {parking(position)};
        transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
        return store->commit(transaction);
    }
    /// Finishes `position` by giving up on it.
    Result<Committed> give_up(std::int64_t position, std::string group = "g") {
        Transaction transaction;
        transaction.group = group;
        transaction.finished = {position};
        DeadLetter letter;
        letter.group = std::move(group);
        letter.record = std::make_shared<const Record>(*store->at(position).value());
        letter.error = "it failed";
        letter.attempts = {{.at = at(5), .error = "once"}};
        letter.failed_at = at(1'800'000'000);
        transaction.dead_letters.push_back(std::move(letter));
        return store->commit(transaction);
    }
    Fixture store;
};

TEST_F(Letters, ParkedKeysKeepTheirBytes) {
    const std::vector<std::string> keys{std::string("\0\0\0\xc8", 4), std::string("\0\0\0\xc9", 4),
                                        "M\xfcller"};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Parked parked = parking(static_cast<std::int64_t>(i) + 1);
        parked.key = keys[i];
        ASSERT_TRUE(park(std::move(parked)));
    }
    store.reopen();
    const auto parked = store->parked("g").value();
    ASSERT_EQ(parked.size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(parked[i].key, keys[i]);
    }
}

TEST_F(Letters, ParkedRecordsSurviveARestart) {
    ASSERT_TRUE(park(parking(2)));
    ASSERT_TRUE(park(parking(1)));
    store.reopen();
    const auto parked = store->parked("g").value();
    ASSERT_EQ(parked.size(), 2U);
    EXPECT_EQ(parked[0].position, 1);
    EXPECT_EQ(parked[1].position, 2);
    EXPECT_EQ(parked[1].group, "g");
    EXPECT_EQ(parked[1].key, uuid(100));
    EXPECT_EQ(parked[1].due_at, at(1'800'000'100));
    ASSERT_EQ(parked[1].attempts.size(), 2U);
    EXPECT_EQ(parked[1].attempts[1].at, at(1'800'000'050));
    EXPECT_EQ(parked[1].attempts[1].error, std::string("se\0cond", 7));
    EXPECT_TRUE(store->parked("nobody")->empty());
}

TEST_F(Letters, ParkingAgainReplaces) {
    ASSERT_TRUE(park(parking(1)));
    Parked later = parking(1);
    later.due_at = at(9);
    later.attempts.clear();
    ASSERT_TRUE(park(later));
    const auto parked = store->parked("g").value();
    ASSERT_EQ(parked.size(), 1U);
    EXPECT_EQ(parked[0].due_at, at(9));
    EXPECT_TRUE(parked[0].attempts.empty());
}

TEST_F(Letters, UnparkingWhatIsNotParkedIsAConflict) {
    ASSERT_TRUE(park(parking(1)));
    ASSERT_TRUE(unpark(1));
    const auto revision = store->document("c", "k").value()->revision;
    EXPECT_EQ(unpark(1).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->document("c", "k").value()->revision, revision);
    ASSERT_TRUE(park(parking(2)));
    Transaction twice;
    twice.unpark = {parking(2), parking(2)};
    EXPECT_EQ(store->commit(twice).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->parked("g")->size(), 1U);
    Transaction again;
    again.unpark = {parking(2)};
    again.park = {parking(2)};
    EXPECT_TRUE(store->commit(again));
    EXPECT_EQ(store->parked("g")->size(), 1U);
}

TEST_F(Letters, ParkingNeedsAKnownGroupAndAPosition) {
    EXPECT_EQ(park(parking(1, "nobody")).error().code, ErrorCode::not_found);
    EXPECT_EQ(park(parking(1, "")).error().code, ErrorCode::invalid);
    EXPECT_EQ(park(parking(6)).error().code, ErrorCode::invalid);
    EXPECT_EQ(park(parking(0)).error().code, ErrorCode::invalid);
}

TEST_F(Letters, DeadLettersKeepTheOriginal) {
    ASSERT_TRUE(give_up(2));
    store.reopen();
    const auto letters = store->dead_letters("g", std::nullopt, 0, 10).value();
    ASSERT_EQ(letters.size(), 1U);
    const DeadLetter& letter = letters[0];
    EXPECT_EQ(letter.group, "g");
    EXPECT_EQ(letter.error, "it failed");
    EXPECT_EQ(letter.status, DeadLetter::Status::open);
    EXPECT_EQ(letter.failed_at, at(1'800'000'000));
    ASSERT_EQ(letter.attempts.size(), 1U);
    EXPECT_EQ(letter.attempts[0].error, "once");
    EXPECT_EQ(letter.record->position, 2);
    EXPECT_EQ(letter.record->event_id, uuid(2));
    EXPECT_EQ(letter.record->body, event(2).body);
    EXPECT_EQ(letter.record->sequence, 2);
    EXPECT_EQ(store->dead_letter(letter.id).value()->record->event_id, uuid(2));
    EXPECT_EQ(store->dead_letter(letter.id + 1).value().has_value(), false);
}

TEST_F(Letters, DeadLettersAreListedByGroupStatusAndId) {
    ASSERT_TRUE(store->open_group("h", true));
    for (const std::int64_t position : {1, 2, 3}) {
        ASSERT_TRUE(give_up(position, "g"));
        ASSERT_TRUE(give_up(position, "h"));
    }
    ASSERT_TRUE(store->discard(3, {"tester", "not needed"}));
    const auto ids = [&](const std::string& group, std::optional<DeadLetter::Status> status,
                         std::int64_t after, std::size_t limit) {
        std::vector<std::int64_t> out;
        const auto found = store->dead_letters(group, status, after, limit).value();
        for (const auto& letter : found) {
            out.push_back(letter.id);
        }
        return out;
    };
    using testing::ElementsAre;
    using Status = DeadLetter::Status;
    EXPECT_THAT(ids("", {}, 0, 10), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(ids("", {}, 2, 2), ElementsAre(3, 4));
    EXPECT_THAT(ids("g", {}, 0, 10), ElementsAre(1, 3, 5));
    EXPECT_THAT(ids("g", Status::open, 0, 10), ElementsAre(1, 5));
    EXPECT_THAT(ids("g", Status::discarded, 0, 10), ElementsAre(3));
    EXPECT_THAT(ids("", Status::open, 1, 10), ElementsAre(2, 4, 5, 6));
    EXPECT_THAT(ids("h", {}, 2, 1), ElementsAre(4));
    EXPECT_THAT(ids("i", {}, 0, 10), testing::IsEmpty());
}

TEST_F(Letters, RequeueParksTheEventOnce) {
    ASSERT_TRUE(give_up(2));
    store.set_time(at(1'800'000'777));
    const auto requeued = store->requeue(1, {});
    ASSERT_TRUE(requeued) << requeued.error().message;
    EXPECT_EQ(requeued->status, DeadLetter::Status::requeued);
    const auto parked = store->parked("g").value();
    ASSERT_EQ(parked.size(), 1U);
    EXPECT_EQ(parked[0].position, 2);
    EXPECT_EQ(parked[0].key, uuid(100));
    EXPECT_EQ(parked[0].due_at, at(1'800'000'777));
    EXPECT_TRUE(parked[0].attempts.empty());
    EXPECT_EQ(store->requeue(1, {}).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->discard(1, {"tester", ""}).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->requeue(77, {}).error().code, ErrorCode::not_found);
    store.reopen();
    EXPECT_EQ(store->dead_letter(1).value()->status, DeadLetter::Status::requeued);
    EXPECT_TRUE(store->verify()->empty());
}

TEST_F(Letters, DiscardKeepsTheBytesAndTheReason) {
    ASSERT_TRUE(give_up(2));
    ASSERT_TRUE(store->discard(1, {"tester", "a test order"}));
    const auto letter = store->dead_letter(1).value();
    ASSERT_TRUE(letter);
    EXPECT_EQ(letter->status, DeadLetter::Status::discarded);
    EXPECT_EQ(letter->note, "a test order");
    EXPECT_EQ(letter->record->body, event(2).body);
    EXPECT_EQ(store->discard(9, {"tester", ""}).error().code, ErrorCode::not_found);
}

TEST_F(Letters, ADeadLetterOfAnArchivedEventCannotBeRequeued) {
    ASSERT_TRUE(give_up(2));
    ASSERT_TRUE(store->archive(uuid(2), "me", "asked to"));
    EXPECT_EQ(store->requeue(1, {}).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->dead_letter(1).value()->status, DeadLetter::Status::open);
    EXPECT_TRUE(store->discard(1, {"tester", "gone"}));
}

TEST_F(Letters, ADeadLetterNeedsARecord) {
    Transaction transaction;
    transaction.dead_letters.emplace_back().group = "g";
    EXPECT_EQ(store->commit(transaction).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace quipu::test
