// SPDX-License-Identifier: Apache-2.0
// Two stores on one database, as two programs have them.

#include <gmock/gmock.h>

#include <array>
#include <set>
#include <thread>

#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

using testing::IsEmpty;

class MongoRace : public testing::Test {
  protected:
    /// Runs `work(store, number)` in both at once.
    template <class Work>
    void both(Work&& work) {
        std::thread other([&] { work(*b, 1); });
        work(*a, 0);
        other.join();
    }
    void expect_sound() {
        EXPECT_THAT(a->verify().value(), IsEmpty());
        EXPECT_THAT(b->verify().value(), IsEmpty());
    }

    MongoDatabase database;
    std::unique_ptr<Store> a = open_mongo_store(database.options()).value();
    std::unique_ptr<Store> b = open_mongo_store(database.options()).value();
};

TEST_F(MongoRace, HaveOneIdentity) {
    EXPECT_EQ(a->identity(), b->identity());
    EXPECT_EQ(a->identity().size(), 36U);
}

TEST_F(MongoRace, SeeEachOthersEvents) {
    ASSERT_TRUE(a->commit(append(event(1, "made", "x"))));
    EXPECT_EQ(b->last_position(), 1);
    EXPECT_EQ(b->read(0, 10)->size(), 1U);
    EXPECT_EQ(b->count_beyond(0, {}).value(), 1);
    const auto second = b->commit(append(event(2, "made", "x")));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->appended[0].position, 2);
    EXPECT_EQ(second->appended[0].sequence, 2);
    EXPECT_EQ(a->wait_beyond(1, std::chrono::minutes(5)), 2);
    EXPECT_EQ(a->read(1, 10)->front()->event_id, uuid(2));
    const auto again = a->commit(append(event(2, "made", "x")));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->appended[0].duplicate);
    EXPECT_EQ(again->appended[0].position, 2);
    ASSERT_TRUE(a->open_group("g", true));
    ASSERT_EQ(b->groups()->size(), 1U);
}

TEST_F(MongoRace, AppendInOneOrder) {
    constexpr std::int64_t each = 60;
    both([](Store& store, int number) {
        for (std::int64_t i = 1; i <= each; ++i) {
            const auto done =
                store.commit(append(event(number * 1000 + i, "made", i % 2 == 0 ? "x" : "y")));
            ASSERT_TRUE(done) << done.error().message;
        }
    });
    EXPECT_EQ(a->last_position(), 2 * each);
    EXPECT_EQ(b->last_position(), 2 * each);
    const auto of_a = a->read(0, 1000).value();
    const auto of_b = b->read(0, 1000).value();
    ASSERT_EQ(of_a.size(), of_b.size());
    for (std::size_t i = 0; i < of_a.size(); ++i) {
        EXPECT_EQ(of_a[i]->event_id, of_b[i]->event_id);
    }
    expect_sound();
}

TEST_F(MongoRace, OneOfTwoWinsAnExpectedSequence) {
    std::atomic<std::int64_t> won = 0;
    both([&](Store& store, int number) {
        for (std::int64_t i = 0; i < 40; ++i) {
            Transaction transaction = append(event(number * 1000 + i, "made", "x"));
            transaction.appends[0].expected_sequence = won.load();
            const auto done = store.commit(transaction);
            ASSERT_TRUE(done || done.error().code == ErrorCode::conflict);
            won += done ? 1 : 0;
        }
    });
    EXPECT_EQ(a->query({.aggregate_id = "x", .limit = 1000})->records.size(),
              static_cast<std::size_t>(won));
    expect_sound();
}

TEST_F(MongoRace, OneOfTwoWinsARevision) {
    std::atomic<int> won = 0;
    both([&](Store& store, int) {
        for (int i = 0; i < 40; ++i) {
            const auto document = store.document("c", "k").value();
            Transaction transaction;
            transaction.guards.push_back(
                {.collection = "c", .key = "k", .revision = document ? document->revision : 0});
            transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
            won += store.commit(transaction) ? 1 : 0;
        }
    });
    EXPECT_EQ(a->document("c", "k").value()->revision, won);
    EXPECT_EQ(b->document("c", "k").value()->revision, won);
}

TEST_F(MongoRace, APositionIsFinishedByOneOfTwo) {
    constexpr std::int64_t events = 40;
    ASSERT_TRUE(a->open_group("g", true));
    for (std::int64_t i = 1; i <= events; ++i) {
        a->submit(append(event(i)), [](const Result<Committed>& done) { EXPECT_TRUE(done); });
    }
    ASSERT_TRUE(a->commit(append(event(1000))));
    std::array<std::atomic<int>, events + 1> effects{};
    both([&](Store& store, int) {
        for (std::int64_t position = 1; position <= events; ++position) {
            Transaction transaction;
            transaction.group = "g";
            transaction.finished = {position};
            effects[static_cast<std::size_t>(position)] += store.commit(transaction) ? 1 : 0;
        }
    });
    for (std::size_t position = 1; position <= events; ++position) {
        EXPECT_EQ(effects[position], 1) << position;
    }
    EXPECT_EQ(b->groups()->at(0).position, events);
    EXPECT_THAT(b->unfinished("g", {events, events + 1}).value(), testing::ElementsAre(events + 1));
    expect_sound();
}

TEST_F(MongoRace, EachLearnsWhatTheOtherParks) {
    ASSERT_TRUE(a->open_group("g", true));
    ASSERT_TRUE(a->open_group("h", true));
    for (std::int64_t i = 1; i <= 3; ++i) {
        ASSERT_TRUE(a->commit(append(event(i))));
    }
    const auto park = [](Store& store, const std::string& group, std::int64_t position, int due) {
        Transaction transaction;
        transaction.park = {{.group = group, .position = position, .key = "k", .due_at = at(due)}};
        ASSERT_TRUE(store.commit(transaction));
    };
    park(*b, "g", 1, 1);
    std::int64_t since = b->last_parked_change().value();
    const auto changes = [&](Store& store) {
        const auto found = store.parked_changes("g", since).value();
        since = found.next;
        std::vector<std::pair<std::int64_t, int>> out;
        for (const Parked& entry : found.entries) {
            out.emplace_back(entry.position,
                             static_cast<int>(entry.due_at.time_since_epoch().count() / 1'000'000));
        }
        return out;
    };
    EXPECT_THAT(changes(*b), IsEmpty());
    park(*a, "g", 3, 3);
    park(*a, "g", 2, 2);
    park(*a, "h", 1, 9);
    using testing::ElementsAre;
    using testing::Pair;
    EXPECT_THAT(changes(*b), ElementsAre(Pair(3, 3), Pair(2, 2)));
    EXPECT_THAT(changes(*b), IsEmpty());
    park(*a, "g", 1, 4);
    park(*a, "g", 2, 5);
    park(*a, "g", 1, 6);
    Transaction unpark;
    unpark.unpark = {{.group = "g", .position = 2}};
    ASSERT_TRUE(a->commit(unpark));
    EXPECT_THAT(changes(*b), ElementsAre(Pair(1, 6))) << "the newest of an entry, none removed";
    Transaction letter;
    letter.park = {{.group = "g", .position = 3, .key = "k", .due_at = Parked::never}};
    letter.dead_letters.emplace_back().group = "g";
    letter.dead_letters.front().record = std::make_shared<const Record>(*a->at(3).value());
    ASSERT_TRUE(a->commit(letter));
    EXPECT_THAT(changes(*b), testing::SizeIs(1));
    ASSERT_TRUE(a->requeue(1, {}));
    const auto requeued = b->parked_changes("g", since).value();
    ASSERT_THAT(requeued.entries, testing::SizeIs(1));
    EXPECT_EQ(requeued.entries.front().letter, 1);
    EXPECT_FALSE(requeued.entries.front().held());
}

TEST_F(MongoRace, ChangesComeInPagesOfWholeCommits) {
    ASSERT_TRUE(a->open_group("g", true));
    Transaction events;
    constexpr std::int64_t count = 1300;
    for (std::int64_t i = 1; i <= count; ++i) {
        events.appends.push_back({.record = event(i), .expected_sequence = {}});
    }
    ASSERT_TRUE(a->commit(std::move(events)));
    std::int64_t since = a->last_parked_change().value();
    for (std::int64_t first = 1; first <= count; first += 130) {
        Transaction transaction;
        for (std::int64_t i = first; i < first + 130; ++i) {
            transaction.park.push_back({.group = "g", .position = i, .key = "k", .due_at = at(1)});
        }
        ASSERT_TRUE(a->commit(std::move(transaction)));
    }
    std::vector<std::int64_t> sizes;
    std::set<std::int64_t> seen;
    for (bool more = true; more;) {
        const auto page = b->parked_changes("g", since).value();
        ASSERT_GT(page.next, since);
        since = page.next;
        more = page.more;
        sizes.push_back(std::ssize(page.entries));
        for (const Parked& entry : page.entries) {
            EXPECT_TRUE(seen.insert(entry.position).second);
        }
    }
    EXPECT_EQ(std::ssize(seen), count);
    EXPECT_THAT(sizes, testing::ElementsAre(520, 520, 260));
}

TEST_F(MongoRace, HeldKeyIsReleasedOnce) {
    ASSERT_TRUE(a->open_group("g", true));
    ASSERT_TRUE(a->commit(append(event(1))));
    Transaction letter;
    letter.group = "g";
    letter.finished = {1};
    letter.park = {{.group = "g", .position = 1, .key = "k", .due_at = Parked::never}};
    letter.dead_letters.emplace_back().group = "g";
    letter.dead_letters.front().record = std::make_shared<const Record>(*a->at(1).value());
    ASSERT_TRUE(a->commit(letter));
    std::atomic<int> decided = 0;
    both([&](Store& store, int number) {
        const auto done = number == 0 ? store.requeue(1, {}) : store.discard(1, {});
        decided += done ? 1 : 0;
    });
    EXPECT_EQ(decided, 1);
    const auto now = a->dead_letter(1).value().value();
    EXPECT_THAT(now.history, testing::SizeIs(1));
    EXPECT_EQ(b->parked("g")->size(), now.status == DeadLetter::Status::requeued ? 1U : 0U);
    expect_sound();
}

TEST_F(MongoRace, ADeadLetterIsRequeuedOnce) {
    ASSERT_TRUE(a->open_group("g", true));
    ASSERT_TRUE(a->commit(append(event(1))));
    Transaction transaction;
    transaction.group = "g";
    transaction.finished = {1};
    DeadLetter& letter = transaction.dead_letters.emplace_back();
    letter.group = "g";
    letter.record = std::make_shared<const Record>(*b->at(1).value());
    ASSERT_TRUE(b->commit(transaction));
    std::atomic<int> won = 0;
    both([&](Store& store, int) { won += store.requeue(1, {}) ? 1 : 0; });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(a->parked("g")->size(), 1U);
    EXPECT_EQ(b->dead_letter(1).value()->status, DeadLetter::Status::requeued);
    Transaction unpark;
    unpark.unpark = a->parked("g").value();
    std::atomic<int> unparked = 0;
    both([&](Store& store, int) { unparked += store.commit(unpark) ? 1 : 0; });
    EXPECT_EQ(unparked, 1);
    EXPECT_THAT(b->parked("g").value(), IsEmpty());
}

TEST_F(MongoRace, ARemovedEventIsGoneForBoth) {
    ASSERT_TRUE(a->commit(append(event(1, "made", "x"))));
    ASSERT_TRUE(a->commit(append(event(2, "made", "x"))));
    EXPECT_EQ(b->read(0, 10)->size(), 2U);
    ASSERT_TRUE(a->archive(uuid(2), "me", ""));
    EXPECT_EQ(b->read(0, 10)->size(), 1U);
    EXPECT_EQ(b->archive(uuid(2), "me", "").error().code, ErrorCode::conflict);
    const auto next = b->commit(append(event(3, "made", "x")));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->appended[0].position, 3);
    EXPECT_EQ(next->appended[0].sequence, 3);
    expect_sound();
}

}  // namespace
}  // namespace quipu::test
