// SPDX-License-Identifier: Apache-2.0
// Dead letters that hold their keys, what is decided about them, and what comes of it.

#include <gmock/gmock.h>

#include <future>

#include "store/letters.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Status = DeadLetter::Status;
using What = DeadLetter::Step::What;

using HeldKeys = LetterTest;

std::vector<What> steps(const DeadLetter& letter) {
    std::vector<What> out;
    for (const auto& step : letter.history) {
        out.push_back(step.what);
    }
    return out;
}

std::vector<std::string> errors(const std::vector<Attempt>& attempts) {
    std::vector<std::string> out;
    for (const auto& attempt : attempts) {
        out.push_back(attempt.error);
    }
    return out;
}

TEST_F(HeldKeys, HeldEntrySurvivesRestart) {
    const std::int64_t id = hold(1);
    store.reopen();
    const auto parked = store->parked("g").value();
    ASSERT_THAT(parked, SizeIs(1));
    EXPECT_EQ(parked[0].due_at, Parked::never);
    EXPECT_TRUE(parked[0].held());
    EXPECT_EQ(parked[0].letter, id);
    EXPECT_EQ(parked[0].key, uuid(100));
    EXPECT_TRUE(letter(id).holds_key);
    EXPECT_THAT(letter(id).history, IsEmpty());
    EXPECT_TRUE(store->dead_letters("g", std::nullopt, 0, 10)->front().holds_key);
    expect_sound();
}

TEST_F(HeldKeys, NewLetterIsLinkedToItsOwnEntryOnly) {
    ASSERT_TRUE(store->open_group("h", true));
    Transaction transaction;
    for (const std::int64_t position : {1, 2, 3}) {
        transaction.park.push_back(entry(position));
        transaction.park.back().due_at = Parked::never;
    }
    transaction.park[1].due_at = at(5);
    transaction.park.push_back(entry(1));
    transaction.park.back().group = "h";
    transaction.dead_letters = {failure(3), failure(1), failure(5)};
    ASSERT_TRUE(store->commit(transaction));
    const auto parked = store->parked("g").value();
    ASSERT_THAT(parked, SizeIs(3));
    EXPECT_EQ(parked[0].letter, 2);
    EXPECT_EQ(parked[1].letter, 0);
    EXPECT_EQ(parked[2].letter, 1);
    EXPECT_EQ(store->parked("h")->front().letter, 0);
    EXPECT_TRUE(letter(1).holds_key);
    EXPECT_TRUE(letter(2).holds_key);
    EXPECT_FALSE(letter(3).holds_key);
}

TEST_F(HeldKeys, NewLetterStartsOpenWithoutHistory) {
    Transaction transaction;
    transaction.dead_letters = {failure(1)};
    transaction.dead_letters[0].status = Status::discarded;
    transaction.dead_letters[0].history = {{.what = What::discarded, .at = at(3)}};
    transaction.dead_letters[0].holds_key = true;
    ASSERT_TRUE(store->commit(transaction));
    EXPECT_EQ(letter(1).status, Status::open);
    EXPECT_THAT(letter(1).history, IsEmpty());
    EXPECT_FALSE(letter(1).holds_key);
}

TEST_F(HeldKeys, RequeueMakesTheHeldEntryDue) {
    const std::int64_t id = hold(1);
    ASSERT_TRUE(park({entry(3)}));
    Parked held = store->parked("g", 0, 1)->front();
    held.attempts = {{.at = at(1), .error = "once"}};
    held.source = "made/4";
    ASSERT_TRUE(park({held}));
    store.set_time(at(1'800'000'777));
    const auto requeued = store->requeue(id, {.by = "ada", .reason = "mended"});
    ASSERT_TRUE(requeued) << requeued.error().message;
    EXPECT_EQ(requeued->status, Status::requeued);
    EXPECT_TRUE(requeued->holds_key);
    EXPECT_THAT(steps(*requeued), ElementsAre(What::requeued));
    store.reopen();
    const auto parked = store->parked("g").value();
    ASSERT_THAT(parked, SizeIs(2)) << "no second entry, and what waits behind it stays";
    EXPECT_EQ(parked[0].position, 1);
    EXPECT_EQ(parked[0].due_at, at(1'800'000'777));
    EXPECT_THAT(parked[0].attempts, IsEmpty());
    EXPECT_EQ(parked[0].key, uuid(100));
    EXPECT_EQ(parked[0].letter, id);
    EXPECT_EQ(parked[1].due_at, entry(3).due_at);
    const DeadLetter now = letter(id);
    EXPECT_EQ(now.status, Status::requeued);
    EXPECT_TRUE(now.holds_key);
    ASSERT_THAT(now.history, SizeIs(1));
    EXPECT_EQ(now.history[0].what, What::requeued);
    EXPECT_EQ(now.history[0].at, at(1'800'000'777));
    EXPECT_EQ(now.history[0].decision.by, "ada");
    EXPECT_EQ(now.history[0].decision.reason, "mended");
    expect_sound();
}

TEST_F(HeldKeys, RequeueParksALetterThatDidNotHold) {
    const std::int64_t id = release(2);
    EXPECT_FALSE(letter(id).holds_key);
    ASSERT_TRUE(store->requeue(id, {}));
    const auto parked = store->parked("g").value();
    ASSERT_THAT(parked, SizeIs(1));
    EXPECT_EQ(parked[0].letter, id);
    EXPECT_EQ(parked[0].key, uuid(200));
    EXPECT_TRUE(letter(id).holds_key) << "later records of its key wait for it now";
    expect_sound();
}

TEST_F(HeldKeys, RecordWithoutKeyHoldsNone) {
    ASSERT_TRUE(store->commit(append(event(7))));
    Transaction transaction;
    transaction.group = "g";
    transaction.finished = {7};
    transaction.dead_letters = {failure(7)};
    ASSERT_TRUE(store->commit(transaction));
    const auto requeued = store->requeue(1, {});
    ASSERT_TRUE(requeued);
    EXPECT_FALSE(requeued->holds_key);
    EXPECT_FALSE(letter(1).holds_key);
    EXPECT_THAT(store->parked("g").value(), SizeIs(1));
}

TEST_F(HeldKeys, DiscardReleasesTheKey) {
    const std::int64_t id = hold(1);
    ASSERT_TRUE(park({entry(3), entry(2)}));
    store.set_time(at(1'800'000'888));
    const auto discarded = store->discard(id, {.by = "ada", .reason = "a test order"});
    ASSERT_TRUE(discarded) << discarded.error().message;
    EXPECT_EQ(discarded->status, Status::discarded);
    EXPECT_FALSE(discarded->holds_key);
    store.reopen();
    EXPECT_THAT(store->still_parked("g", {1, 2, 3}).value(), ElementsAre(2, 3));
    const DeadLetter now = letter(id);
    EXPECT_EQ(now.status, Status::discarded);
    EXPECT_FALSE(now.holds_key);
    EXPECT_EQ(now.note, "a test order");
    EXPECT_EQ(now.record->body, event(1).body);
    ASSERT_THAT(now.history, SizeIs(1));
    EXPECT_EQ(now.history[0].what, What::discarded);
    EXPECT_EQ(now.history[0].at, at(1'800'000'888));
    EXPECT_EQ(now.history[0].decision.by, "ada");
    EXPECT_EQ(now.history[0].decision.reason, "a test order");
    expect_sound();
}

TEST_F(HeldKeys, DiscardOfAReleasedLetterLeavesWhatIsParked) {
    const std::int64_t id = release(1);
    ASSERT_TRUE(park({entry(1)}));  // by a replay, perhaps
    EXPECT_FALSE(letter(id).holds_key);
    ASSERT_TRUE(store->discard(id, {}));
    EXPECT_THAT(store->parked("g").value(), SizeIs(1));
}

TEST_F(HeldKeys, DecisionsNeedAnOpenLetter) {
    const std::int64_t id = hold(1);
    ASSERT_TRUE(store->requeue(id, {}));
    EXPECT_EQ(store->requeue(id, {}).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->discard(id, {}).error().code, ErrorCode::conflict);
    ASSERT_TRUE(resolve(id, 1));
    EXPECT_EQ(store->requeue(id, {}).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->discard(id, {}).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->requeue(99, {}).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->discard(99, {}).error().code, ErrorCode::not_found);
    EXPECT_THAT(letter(id).history, SizeIs(2));
}

TEST_F(HeldKeys, DecisionTextsAreBounded) {
    const std::int64_t id = hold(1);
    const Decision long_name{.by = std::string(513, 'x'), .reason = {}};
    const Decision long_reason{.by = {}, .reason = std::string(4097, 'x')};
    for (const auto& decision : {long_name, long_reason}) {
        EXPECT_EQ(store->requeue(id, decision).error().code, ErrorCode::limit);
        EXPECT_EQ(store->discard(id, decision).error().code, ErrorCode::limit);
    }
    EXPECT_EQ(letter(id).status, Status::open);
    const Decision longest{.by = std::string(512, 'n'), .reason = std::string(4095, 'r') + '\0'};
    ASSERT_TRUE(store->requeue(id, longest));
    EXPECT_EQ(letter(id).history.front().decision.by, longest.by);
    EXPECT_EQ(letter(id).history.front().decision.reason, longest.reason);
}

TEST_F(HeldKeys, SecondFailureContinuesTheLetter) {
    const std::int64_t id = hold(1);
    ASSERT_TRUE(store->requeue(id, {.by = "ada", .reason = ""}));
    store.set_time(at(1'800'000'900));
    ASSERT_TRUE(fail_again(id, 1, "worse"));
    store.reopen();
    const DeadLetter now = letter(id);
    EXPECT_EQ(now.status, Status::open);
    EXPECT_EQ(now.error, "worse");
    EXPECT_EQ(now.failed_at, failure(1).failed_at);
    EXPECT_THAT(errors(now.attempts), ElementsAre("it failed", "worse"));
    EXPECT_THAT(steps(now), ElementsAre(What::requeued, What::failed_again));
    EXPECT_EQ(now.history[1].at, at(1'800'000'900));
    EXPECT_EQ(now.history[1].decision.by, "");
    EXPECT_TRUE(now.holds_key);
    EXPECT_EQ(now.record->body, event(1).body);
    EXPECT_THAT(store->dead_letters("", std::nullopt, 0, 10).value(), SizeIs(1));
    EXPECT_EQ(store->parked("g")->front().letter, id);
    EXPECT_TRUE(store->parked("g")->front().held());
    expect_sound();
}

TEST_F(HeldKeys, HandledLetterIsResolved) {
    const std::int64_t id = hold(1);
    ASSERT_TRUE(store->requeue(id, {}));
    ASSERT_TRUE(fail_again(id, 1, "worse"));
    ASSERT_TRUE(store->requeue(id, {.by = "bob", .reason = "now"}));
    store.set_time(at(1'800'000'950));
    ASSERT_TRUE(resolve(id, 1));
    store.reopen();
    const DeadLetter now = letter(id);
    EXPECT_EQ(now.status, Status::resolved);
    EXPECT_FALSE(now.holds_key);
    EXPECT_THAT(steps(now),
                ElementsAre(What::requeued, What::failed_again, What::requeued, What::resolved));
    EXPECT_EQ(now.history[3].at, at(1'800'000'950));
    EXPECT_THAT(store->parked("g").value(), IsEmpty());
    EXPECT_THAT(store->dead_letters("g", Status::resolved, 0, 10).value(), SizeIs(1));
    EXPECT_THAT(store->dead_letters("g", Status::requeued, 0, 10).value(), IsEmpty());
    expect_sound();
}

TEST_F(HeldKeys, OnlyRequeuedLetterIsContinuedOrResolved) {
    const std::int64_t open = hold(1);
    const std::int64_t discarded = hold(2);
    ASSERT_TRUE(store->discard(discarded, {}));
    const std::int64_t resolved = hold(3);
    ASSERT_TRUE(store->requeue(resolved, {}));
    ASSERT_TRUE(resolve(resolved, 3));
    for (const std::int64_t id : {open, discarded, resolved, std::int64_t{99}}) {
        SCOPED_TRACE(id);
        Transaction transaction;
        transaction.documents = {{"c", "k", "{}"}};
        transaction.park = {entry(6)};
        transaction.resolved = {id};
        EXPECT_EQ(store->commit(transaction).error().code, ErrorCode::conflict);
        transaction.resolved = {};
        transaction.dead_letters = {failure(1, "again")};
        transaction.dead_letters[0].id = id;
        EXPECT_EQ(store->commit(transaction).error().code, ErrorCode::conflict);
    }
    EXPECT_FALSE(store->document("c", "k")->has_value()) << "nothing of it is stored";
    EXPECT_THAT(store->still_parked("g", {6}).value(), IsEmpty());
    EXPECT_EQ(letter(open).error, "it failed");
    EXPECT_THAT(letter(resolved).history, SizeIs(2));
}

TEST_F(HeldKeys, LetterIsSettledOncePerTransaction) {
    const std::int64_t id = hold(1);
    ASSERT_TRUE(store->requeue(id, {}));
    DeadLetter again = failure(1);
    again.id = id;
    Transaction twice_resolved;
    twice_resolved.resolved = {id, id};
    Transaction twice_failed;
    twice_failed.dead_letters = {again, again};
    Transaction both;
    both.dead_letters = {again};
    both.resolved = {id};
    for (const auto& transaction : {twice_resolved, twice_failed, both}) {
        const auto refused = store->commit(transaction);
        EXPECT_EQ(refused.error().code, ErrorCode::invalid);
        EXPECT_THAT(refused.error().message, HasSubstr("twice"));
    }
    EXPECT_EQ(letter(id).status, Status::requeued);
}

/// Transactions that wait at the same time share a commit; a letter changes in it step by step.
TEST_F(HeldKeys, LetterIsSettledOncePerSharedCommit) {
    std::vector<std::int64_t> ids;
    for (const std::int64_t position : {1, 2, 3, 4}) {
        ids.push_back(hold(position));
        ASSERT_TRUE(store->requeue(ids.back(), {}));
    }
    std::vector<std::promise<Result<Committed>>> answers(8);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        Transaction transaction;
        transaction.resolved = {ids[i / 2]};  // each twice
        store->submit(transaction, [&answers, i](Result<Committed> result) {
            answers[i].set_value(std::move(result));
        });
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(answers[i].get_future().get().has_value(), i % 2 == 0);
    }
    for (const std::int64_t id : ids) {
        EXPECT_THAT(steps(letter(id)), ElementsAre(What::requeued, What::resolved));
    }
}

TEST_F(HeldKeys, ArchivedEventHoldsNoKey) {
    const std::int64_t id = hold(1);
    ASSERT_TRUE(park({entry(3)}));
    ASSERT_TRUE(store->archive(uuid(1), "ada", "asked to"));
    EXPECT_FALSE(letter(id).holds_key);
    EXPECT_THAT(store->still_parked("g", {1, 3}).value(), ElementsAre(3));
    EXPECT_EQ(store->requeue(id, {}).error().code, ErrorCode::conflict);
    EXPECT_EQ(letter(id).status, Status::open);
    EXPECT_TRUE(store->discard(id, {}));
    expect_sound();
}

TEST_F(HeldKeys, PurgeKeepsTheEventUntilTheLetterIsSettled) {
    Record record = event(7, "made", uuid(300));
    record.expires_at = at(100);
    ASSERT_TRUE(store->commit(append(record)));
    Transaction finish;
    finish.group = "g";
    finish.finished = {7};
    ASSERT_TRUE(store->commit(finish));
    const std::int64_t id = hold(7);
    EXPECT_EQ(store->purge(at(200), 10), 0U);
    ASSERT_TRUE(store->requeue(id, {}));
    EXPECT_EQ(store->purge(at(200), 10), 0U);
    ASSERT_TRUE(fail_again(id, 7, "worse"));
    EXPECT_EQ(store->purge(at(200), 10), 0U);
    ASSERT_TRUE(store->requeue(id, {}));
    ASSERT_TRUE(resolve(id, 7));
    EXPECT_EQ(store->purge(at(200), 10), 1U);
}

TEST_F(HeldKeys, VerifyFindsEntriesThatContradictTheirLetters) {
    const std::int64_t id = hold(1);
    const auto problems_of = [&](std::int64_t position, bool is_held, std::int64_t letter_id) {
        Parked wrong = entry(position);
        wrong.letter = letter_id;
        if (is_held) {
            wrong.due_at = Parked::never;
        }
        EXPECT_TRUE(park({wrong}));
        return store->verify().value();
    };
    constexpr bool held = true;
    EXPECT_THAT(problems_of(2, held, 0), ElementsAre(HasSubstr("is held by no dead letter")));
    EXPECT_THAT(problems_of(2, held, 99), ElementsAre(HasSubstr("99, which is not of this")));
    EXPECT_THAT(problems_of(2, !held, id), ElementsAre(HasSubstr("which is not of this")));
    EXPECT_THAT(problems_of(2, !held, 0), IsEmpty());
    EXPECT_THAT(problems_of(1, !held, id), ElementsAre(HasSubstr("is open")));
    ASSERT_TRUE(store->requeue(id, {}));
    EXPECT_THAT(problems_of(1, held, id), ElementsAre(HasSubstr("is requeued")));
    Transaction resolved;
    resolved.resolved = {id};
    ASSERT_TRUE(store->commit(resolved));
    EXPECT_THAT(problems_of(1, !held, id), ElementsAre(HasSubstr("is resolved")));
}

TEST(LetterNames, AreWords) {
    EXPECT_STREQ(to_string(Status::resolved), "resolved");
    EXPECT_STREQ(to_string(What::failed_again), "failed again");
}

}  // namespace
}  // namespace quipu::test
