// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

class Removal : public testing::Test {
  protected:
    /// Events that expire at second `expiry` each.
    void publish(std::int64_t count, std::optional<std::int64_t> expiry,
                 const std::string& aggregate = {}) {
        for (std::int64_t i = 0; i < count; ++i) {
            Record record = event(++number, "made", aggregate);
            if (expiry) {
                record.expires_at = at(*expiry);
            }
            ASSERT_TRUE(store->commit(append(record)));
        }
    }
    void finish(const std::string& group, std::vector<std::int64_t> positions) {
        Transaction transaction;
        transaction.group = group;
        transaction.finished = std::move(positions);
        ASSERT_TRUE(store->commit(transaction));
    }
    std::vector<std::int64_t> log() {
        std::vector<std::int64_t> out;
        const auto records = store->read(0, 1000).value();
        for (const auto& record : records) {
            out.push_back(record->position);
        }
        return out;
    }
    void expect_sound() { EXPECT_THAT(store->verify().value(), testing::IsEmpty()); }

    Fixture store;
    std::int64_t number = 0;
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(Removal, PurgesExpiredEventsOnly) {
    publish(2, 100);
    publish(1, std::nullopt);
    publish(2, 200);
    EXPECT_EQ(store->purge(at(99), 10), 0U);
    EXPECT_EQ(store->purge(at(150), 10), 2U);
    EXPECT_THAT(log(), ElementsAre(3, 4, 5));
    EXPECT_EQ(store->at(1).value().has_value(), false);
    EXPECT_EQ(store->find(uuid(1)).value().has_value(), false);
    EXPECT_EQ(store->purge(at(200), 1), 1U);
    EXPECT_EQ(store->purge(at(200), 9), 1U);
    EXPECT_EQ(store->purge(at(9999), 9), 0U);
    EXPECT_EQ(store->health()->events, 1);
    store.reopen();
    EXPECT_THAT(log(), ElementsAre(3));
    expect_sound();
    publish(1, 300);
    EXPECT_EQ(store->last_position(), 6);
}

TEST_F(Removal, PositionsAndSequencesContinueAfterAFullPurge) {
    publish(3, 100, uuid(500));
    EXPECT_EQ(store->purge(at(100), 10), 3U);
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(store->last_position(), 3 + round);
        store.reopen();
        EXPECT_EQ(store->last_position(), 3 + round);
        const auto next = store->commit(append(event(++number, "made", uuid(500))));
        ASSERT_TRUE(next);
        EXPECT_EQ(next->appended[0].position, 4 + round);
        EXPECT_EQ(next->appended[0].sequence, 4 + round);
    }
    expect_sound();
}

TEST_F(Removal, EventsStayUntilEveryGroupHasFinishedThem) {
    publish(4, 100);
    ASSERT_TRUE(store->open_group("a", true));
    ASSERT_TRUE(store->open_group("b", true));
    finish("a", {1, 2, 3, 4});
    EXPECT_EQ(store->purge(at(100), 10), 0U);
    finish("b", {1, 3});
    EXPECT_EQ(store->purge(at(100), 10), 2U);
    EXPECT_THAT(log(), ElementsAre(2, 4));
    finish("b", {2});
    EXPECT_EQ(store->purge(at(100), 10), 1U);
    finish("b", {4});
    EXPECT_EQ(store->purge(at(100), 10), 1U);
    expect_sound();
}

TEST_F(Removal, ParkedRecordsAndOpenDeadLettersKeepTheirEvent) {
    publish(3, 100);
    ASSERT_TRUE(store->open_group("a", true));
    Transaction transaction;
    transaction.group = "a";
    transaction.finished = {1, 2, 3};
    transaction.park = {{.group = "a", .position = 1, .key = "k", .due_at = {}, .attempts = {}}};
    DeadLetter& letter = transaction.dead_letters.emplace_back();
    letter.group = "a";
    letter.record = std::make_shared<const Record>(*store->at(2).value());
    ASSERT_TRUE(store->commit(transaction));
    EXPECT_EQ(store->purge(at(100), 10), 1U);
    EXPECT_THAT(log(), ElementsAre(1, 2));
    ASSERT_TRUE(store->requeue(1, {}));
    EXPECT_EQ(store->purge(at(100), 10), 0U);
    Transaction done;
    done.unpark = transaction.park;
    done.unpark.push_back({.group = "a", .position = 2, .key = {}, .due_at = {}, .attempts = {}});
    ASSERT_TRUE(store->commit(done));
    EXPECT_EQ(store->purge(at(100), 10), 2U);
    EXPECT_THAT(log(), IsEmpty());
    expect_sound();
}

TEST_F(Removal, PurgesBehindEventsThatMustStay) {
    publish(700, 100);
    ASSERT_TRUE(store->open_group("a", true));
    std::vector<std::int64_t> late;
    for (std::int64_t i = 601; i <= 700; ++i) {
        late.push_back(i);
    }
    finish("a", late);
    EXPECT_EQ(store->purge(at(100), 1000), 100U);
    Transaction rest;
    rest.group = "a";
    rest.finished_ranges = {{1, 700}};
    ASSERT_TRUE(store->commit(rest));
    EXPECT_EQ(store->purge(at(100), 1000), 600U);
    EXPECT_EQ(store->last_position(), 700);
    expect_sound();
}

TEST_F(Removal, GroupFromEarliestFinishesPurgedPositions) {
    publish(2, 100);
    publish(1, std::nullopt);
    publish(2, 100);
    EXPECT_EQ(store->purge(at(100), 10), 4U);
    const auto group = store->open_group("a", true);
    ASSERT_TRUE(group);
    EXPECT_EQ(group->position, 2);
    EXPECT_THAT(group->finished_above, ElementsAre(4, 5));
    finish("a", {3});
    EXPECT_EQ(store->groups()->at(0).position, 5);
    store.reopen();
    EXPECT_EQ(store->groups()->at(0).position, 5);
    expect_sound();
}

TEST_F(Removal, ArchiveKeepsEverything) {
    Record record = event(1, "made", uuid(500));
    record.headers = {{"h", "v"}};
    record.expires_at = at(100);
    number = 1;
    ASSERT_TRUE(store->commit(append(record)));
    publish(1, std::nullopt, uuid(500));
    ASSERT_TRUE(store->archive(uuid(1), "ada", "contains a name"));
    EXPECT_THAT(log(), ElementsAre(2));
    for (int round = 0; round < 2; ++round) {
        const auto archived = store->archived(uuid(1)).value();
        ASSERT_TRUE(archived);
        EXPECT_EQ(archived->deleted_by, "ada");
        EXPECT_EQ(archived->reason, "contains a name");
        EXPECT_EQ(archived->deleted_at, at(1'800'000'000));
        EXPECT_EQ(archived->record.body, record.body);
        EXPECT_EQ(archived->record.headers, record.headers);
        EXPECT_EQ(archived->record.position, 1);
        EXPECT_EQ(archived->record.sequence, 1);
        EXPECT_EQ(archived->record.expires_at, record.expires_at);
        EXPECT_EQ(store->find(uuid(1)).value().has_value(), false);
        expect_sound();
        store.reopen();
    }
    EXPECT_EQ(store->archived(uuid(2)).value().has_value(), false);
    EXPECT_EQ(store->archive(uuid(1), "", "").error().code, ErrorCode::conflict);
    EXPECT_EQ(store->archive(uuid(9), "", "").error().code, ErrorCode::not_found);
    EXPECT_EQ(store->purge(at(999), 10), 0U);
}

TEST_F(Removal, AnArchivedIdIsStillKnown) {
    publish(2, std::nullopt, uuid(500));
    ASSERT_TRUE(store->archive(uuid(2), "me", ""));
    for (int round = 0; round < 2; ++round) {
        const auto again = store->commit(append(event(2, "made", uuid(500))));
        ASSERT_TRUE(again);
        EXPECT_TRUE(again->appended[0].duplicate);
        EXPECT_EQ(again->appended[0].position, 2);
        EXPECT_EQ(again->appended[0].sequence, 2);
        Record other = event(2, "made", uuid(500));
        other.body = "{}";
        EXPECT_EQ(store->commit(append(other)).error().code, ErrorCode::conflict);
        store.reopen();
    }
    // The archived one was the newest of its aggregate; its number is not given out again.
    const auto next = store->commit(append(event(3, "made", uuid(500))));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->appended[0].position, 3);
    EXPECT_EQ(next->appended[0].sequence, 3);
    expect_sound();
}

TEST_F(Removal, ArchivedEventIsNotParkedForALaterGroup) {
    publish(1, std::nullopt);
    Transaction gave_up;
    DeadLetter& letter = gave_up.dead_letters.emplace_back();
    letter.group = "not opened yet";
    letter.record = std::make_shared<const Record>(*store->find(uuid(1)).value());
    letter.error = "gave up";
    ASSERT_TRUE(store->commit(gave_up));
    ASSERT_TRUE(store->requeue(1, {}));
    ASSERT_TRUE(store->archive(uuid(1), "me", ""));
    ASSERT_TRUE(store->open_group("not opened yet", true));
    EXPECT_TRUE(store->parked("not opened yet")->empty());
    expect_sound();
}

TEST_F(Removal, AnArchivedEventIsFinishedForEveryGroup) {
    publish(3, std::nullopt);
    ASSERT_TRUE(store->open_group("a", true));
    ASSERT_TRUE(store->open_group("b", true));
    finish("b", {1, 2});
    Transaction park;
    park.park = {{.group = "b", .position = 2, .key = "k", .due_at = {}, .attempts = {}}};
    ASSERT_TRUE(store->commit(park));
    ASSERT_TRUE(store->archive(uuid(2), "me", ""));
    EXPECT_TRUE(store->parked("b")->empty());
    Transaction unpark;
    unpark.unpark = park.park;
    EXPECT_EQ(store->commit(unpark).error().code, ErrorCode::conflict);
    EXPECT_THAT(store->groups()->at(0).finished_above, ElementsAre(2));
    finish("a", {1});
    EXPECT_EQ(store->groups()->at(0).position, 2);
    store.reopen();
    EXPECT_EQ(store->groups()->at(0).position, 2);
    expect_sound();
}

}  // namespace
}  // namespace quipu::test
