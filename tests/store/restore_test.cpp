// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RecordPtr placed(std::int64_t position, std::int64_t number, std::int64_t sequence = 0) {
    Record record = event(number, "made", sequence == 0 ? "" : "a");
    record.position = position;
    record.sequence = sequence;
    record.stored_at = at(1'700'000'000 + position);
    return std::make_shared<const Record>(std::move(record));
}

std::optional<ErrorCode> refusal(Store& store, const RestoreBatch& batch) {
    const auto done = store.restore(batch);
    return done ? std::nullopt : std::optional(done.error().code);
}

TEST(Restore, KeepsPositionsSequencesAndTimesAndLeavesHoles) {
    Fixture store;
    RestoreBatch batch;
    batch.events = {placed(3, 1, 3), placed(7, 2, 6)};
    batch.last_position = 9;
    ASSERT_TRUE(store->restore(batch).has_value());
    for (int round = 0; round < 2; ++round) {  // in memory, and from the file
        EXPECT_EQ(store->last_position(), 9);
        EXPECT_EQ((*store->at(7))->sequence, 6);
        EXPECT_EQ((*store->at(3))->stored_at, at(1'700'000'003));
        EXPECT_EQ(store->read(0, 10)->size(), 2U);
        EXPECT_EQ(store->health()->events, 2);
        EXPECT_THAT(*store->verify(), IsEmpty());
        store.reopen();
    }
    const auto next = store->commit(append(event(3, "made", "a")));
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(next->appended.front().position, 10);
    EXPECT_EQ(next->appended.front().sequence, 7);
}

TEST(Restore, RejectedBatchStoresNothing) {
    Fixture store;
    RestoreBatch first;
    first.events = {placed(1, 1)};
    ASSERT_TRUE(store->restore(first).has_value());
    RestoreBatch second;
    second.events = {placed(2, 2), placed(3, 1)};  // the second id is stored already
    second.documents = {{"c", {.key = "k", .body = "{}", .revision = 4}}};
    EXPECT_EQ(refusal(*store, second), ErrorCode::conflict);
    RestoreBatch third;
    third.documents = second.documents;
    third.groups = {{.group = "g", .position = 2, .finished_above = {}}};  // beyond the log
    EXPECT_EQ(refusal(*store, third), ErrorCode::invalid);
    EXPECT_EQ(refusal(*store, first), ErrorCode::invalid);  // not beyond the end
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(store->last_position(), 1);
        EXPECT_EQ(store->health()->events, 1);
        EXPECT_THAT(*store->collections(), IsEmpty());
        EXPECT_THAT(*store->groups(), IsEmpty());
        EXPECT_FALSE((*store->find(uuid(2))).has_value());
        store.reopen();
    }
}

TEST(Restore, ASequenceMustBeBeyondThatOfItsAggregate) {
    Fixture store;
    RestoreBatch first;
    first.events = {placed(1, 1, 3)};
    ASSERT_TRUE(store->restore(first).has_value());
    RestoreBatch again;
    again.events = {placed(2, 2, 3)};
    RestoreBatch twice;
    twice.events = {placed(2, 2, 4), placed(3, 3, 4)};
    for (int round = 0; round < 2; ++round) {  // in memory, and as it was stored
        EXPECT_EQ(refusal(*store, again), ErrorCode::invalid);
        EXPECT_EQ(refusal(*store, twice), ErrorCode::invalid);
        EXPECT_EQ(store->last_position(), 1);
        store.reopen();
    }
}

TEST(Restore, StateMayBeRestoredAgain) {
    Fixture store;
    RestoreBatch events;
    events.events = {placed(1, 1), placed(3, 3)};
    ASSERT_TRUE(store->restore(events).has_value());
    RestoreBatch state;
    state.archived = {
        {.record = *placed(2, 2), .deleted_at = at(5), .deleted_by = "d", .reason = "r"}};
    state.documents = {{"c", {.key = "k", .body = "{}", .revision = 4}}};
    state.erased_revision = 9;
    state.groups = {{.group = "g", .position = 1, .finished_above = {3}}};
    state.parked = {{.group = "g", .position = 3, .key = "x", .due_at = at(9), .attempts = {}}};
    DeadLetter letter;
    letter.id = 17;
    letter.group = "g";
    letter.record = placed(1, 1);
    letter.status = DeadLetter::Status::discarded;
    letter.note = "n";
    state.dead_letters = {letter};
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(store->restore(state).has_value());
        EXPECT_THAT(*store->collections(), ElementsAre("c"));
        EXPECT_EQ((*store->document("c", "k"))->revision, 4);
        EXPECT_EQ((*store->archived(uuid(2)))->reason, "r");
        EXPECT_EQ(store->parked("g")->size(), 1U);
        EXPECT_EQ((*store->dead_letter(17))->note, "n");
        const auto groups = store->groups();
        EXPECT_EQ(groups->front().position, 1);
        EXPECT_THAT(groups->front().finished_above, ElementsAre(3));
        EXPECT_THAT(*store->verify(), IsEmpty());
    }
    Transaction put;
    put.documents = {{"c", "new", "{}"}};
    ASSERT_TRUE(store->commit(std::move(put)).has_value());
    EXPECT_EQ((*store->document("c", "new"))->revision, 10);
}

TEST(Restore, LettersKeepTheirStoryAndTheirKeys) {
    Fixture store;
    RestoreBatch events;
    events.events = {placed(1, 1), placed(2, 2)};
    ASSERT_TRUE(store->restore(events).has_value());
    RestoreBatch state;
    state.groups = {{.group = "g", .position = 2, .finished_above = {}}};
    state.parked = {{.group = "g", .position = 1, .key = "k", .due_at = Parked::never, .letter = 7},
                    {.group = "g", .position = 2, .key = "k", .due_at = at(9)}};
    using What = DeadLetter::Step::What;
    DeadLetter letter;
    letter.id = 7;
    letter.group = "g";
    letter.record = placed(1, 1);
    letter.error = "again";
    letter.attempts = {{at(1), "once"}, {at(4), "again"}};
    letter.history = {{.what = What::requeued, .at = at(2), .decision = {"ada", "mended"}},
                      {.what = What::failed_again, .at = at(5)}};
    state.dead_letters = {letter};
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(store->restore(state).has_value());
        const auto parked = store->parked("g").value();
        ASSERT_EQ(parked.size(), 2U);
        EXPECT_TRUE(parked[0].held());
        EXPECT_EQ(parked[0].letter, 7);
        EXPECT_EQ(parked[1].letter, 0);
        const DeadLetter found = store->dead_letter(7).value().value();
        EXPECT_TRUE(found.holds_key);
        ASSERT_EQ(found.history.size(), 2U);
        EXPECT_EQ(found.history[0].what, What::requeued);
        EXPECT_EQ(found.history[0].at, at(2));
        EXPECT_EQ(found.history[0].decision.by, "ada");
        EXPECT_EQ(found.history[0].decision.reason, "mended");
        EXPECT_EQ(found.history[1].what, What::failed_again);
        EXPECT_EQ(found.history[1].at, at(5));
        EXPECT_EQ(found.attempts.size(), 2U);
        EXPECT_THAT(*store->verify(), IsEmpty());
    }
    ASSERT_TRUE(store->requeue(7, {}).has_value());
    EXPECT_EQ((*store->dead_letter(7))->history.size(), 3U);
}

TEST(Restore, AnArchivedEventMustBeAHole) {
    Fixture store;
    RestoreBatch batch;
    batch.events = {placed(1, 1)};
    batch.archived = {
        {.record = *placed(1, 2), .deleted_at = at(5), .deleted_by = "", .reason = ""}};
    EXPECT_THAT(store->restore(batch).error().message, HasSubstr("not empty"));
    EXPECT_EQ(store->last_position(), 0);
}

}  // namespace
}  // namespace quipu::test
