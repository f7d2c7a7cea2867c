// SPDX-License-Identifier: Apache-2.0
// A writer that dies between a commit and its application, and one that wakes up late.

#include <gmock/gmock.h>

#include <limits>
#include <memory>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/draft.hpp"
#include "quipu/store/mongo/projection.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

using mongo::Commit;
using mongo::Draft;
using mongo::Server;
using mongo::State;
using testing::IsEmpty;

/// A writer that a test takes step by step.
class SlowWriter {
  public:
    explicit SlowWriter(const MongoOptions& options) : server_(Server::make(options).value()) {
        server_->greet();
        state_ = mongo::load_state(*server_);
    }
    [[nodiscard]] Commit commit(Transaction transaction) {
        Draft draft(state_, *server_, at(1'800'000'000), false);
        EXPECT_TRUE(draft.add(stores::prepare(std::move(transaction), fields_).value()));
        return draft.finish();
    }
    [[nodiscard]] Commit commit(const RestoreBatch& batch) {
        Transaction events;
        Transaction archived;
        for (const auto& record : batch.events) events.appends.push_back({*record, {}});
        for (const auto& each : batch.archived) archived.appends.push_back({each.record, {}});
        Draft draft(state_, *server_, at(1'800'000'000), true);
        EXPECT_TRUE(draft.restore(
            {.events = stores::prepare(std::move(events), fields_).value().appends,
             .archived = stores::prepare(std::move(archived), fields_).value().appends,
             .batch = batch}));
        return draft.finish();
    }
    /// Stores the commit and dies.
    void insert(const Commit& commit) {
        const std::string document = mongo::encode(commit);
        EXPECT_TRUE(server_->insert(mongo::commits_collection, {document}).empty());
    }
    [[nodiscard]] std::vector<Commit> commits() {
        std::vector<Commit> out;
        server_->find(mongo::commits_collection, mongo::bson([](auto&) {}),
                      mongo::bson([](auto& writer) {
                          writer.begin_document("sort");
                          writer.int32("_id", 1);
                          writer.end();
                      }),
                      [&](mongo::View view) {
                          out.push_back(mongo::decode_commit(view.bytes()).value());
                          return true;
                      });
        return out;
    }
    [[nodiscard]] Server& server() { return *server_; }

  private:
    std::unique_ptr<Server> server_;
    State state_;
    stores::IndexedFields fields_{std::vector<std::string>{}};
};

Transaction everything_at_once() {
    Transaction transaction = append(event(2, "made", "x"));
    transaction.documents.push_back({.collection = "c", .key = "k", .body = "{\"a\":1}"});
    transaction.group = "g";
    transaction.finished = {1};
    transaction.park = {{.group = "g", .position = 1, .key = "x", .due_at = at(5), .attempts = {}}};
    return transaction;
}

void expect_everything(Store& store) {
    EXPECT_EQ(store.last_position(), 2);
    EXPECT_EQ(store.read(1, 5)->at(0)->event_id, uuid(2));
    EXPECT_TRUE(store.find(uuid(2)).value().has_value());
    EXPECT_EQ(store.document("c", "k").value()->body, "{\"a\":1}");
    EXPECT_EQ(store.groups()->at(0).position, 1);
    EXPECT_EQ(store.parked("g")->size(), 1U);
    EXPECT_THAT(store.verify().value(), IsEmpty());
}

TEST(MongoRecovery, OthersApplyWhatADeadWriterCommitted) {
    const MongoDatabase database;
    auto store = open_mongo_store(database.options()).value();
    ASSERT_TRUE(store->open_group("g", true));
    ASSERT_TRUE(store->commit(append(event(1, "made", "x"))));
    {
        SlowWriter writer(database.options());
        writer.insert(writer.commit(everything_at_once()));
    }
    EXPECT_EQ(store->wait_beyond(1, std::chrono::minutes(5)), 2);
    expect_everything(*store);
    const auto next = store->commit(append(event(3, "made", "x")));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->appended[0].sequence, 3);
}

TEST(MongoRecovery, TheNextStartAppliesWhatADeadWriterCommitted) {
    const MongoDatabase database;
    {
        auto store = open_mongo_store(database.options()).value();
        ASSERT_TRUE(store->open_group("g", true));
        ASSERT_TRUE(store->commit(append(event(1, "made", "x"))));
    }
    {
        SlowWriter writer(database.options());
        writer.insert(writer.commit(everything_at_once()));
    }
    const auto store = open_mongo_store(database.options()).value();
    expect_everything(*store);
}

TEST(MongoRecovery, APartlyAppliedCommitIsCompleted) {
    const MongoDatabase database;
    {
        auto store = open_mongo_store(database.options()).value();
        ASSERT_TRUE(store->open_group("g", true));
        ASSERT_TRUE(store->commit(append(event(1, "made", "x"))));
    }
    {
        SlowWriter writer(database.options());
        const Commit commit = writer.commit(everything_at_once());
        writer.insert(commit);
        EXPECT_TRUE(
            writer.server().insert(mongo::events_collection, {commit.events[0].document}).empty());
    }
    const auto store = open_mongo_store(database.options()).value();
    expect_everything(*store);
}

RestoreBatch another_store() {
    RestoreBatch batch;
    for (const std::int64_t number : {3, 9}) {
        Record record = event(number, "made", "x");
        record.position = number;
        record.sequence = number;
        batch.events.push_back(std::make_shared<const Record>(record));
    }
    batch.last_position = 100'000;
    Record archived = event(4, "made", "x");
    archived.position = 4;
    batch.archived = {{.record = archived, .deleted_at = at(5), .deleted_by = "d", .reason = "r"}};
    batch.heads = {{.aggregate_id = "x", .sequence = 20}, {.aggregate_id = "y", .sequence = 7}};
    batch.groups = {{.group = "g", .position = 5, .finished_above = {9}}};
    batch.erased_revision = 40;
    return batch;
}

TEST(MongoRecovery, OthersApplyWhatADeadRestoreCommitted) {
    const MongoDatabase database;
    auto store = open_mongo_store(database.options()).value();
    {
        SlowWriter writer(database.options());
        writer.insert(writer.commit(another_store()));
    }
    EXPECT_EQ(store->wait_beyond(0, std::chrono::minutes(5)), 100'000);
    for (int round = 0; round < 2; ++round) {  // in memory, and from the database
        EXPECT_EQ(store->health()->events, 2);
        EXPECT_EQ((*store->archived(uuid(4)))->reason, "r");
        EXPECT_EQ(store->groups()->at(0).position, 5);
        EXPECT_THAT(store->groups()->at(0).finished_above, testing::ElementsAre(9));
        EXPECT_THAT(store->verify().value(), IsEmpty());
        store.reset();
        store = open_mongo_store(database.options()).value();
    }
    Transaction next = append(event(30, "made", "x"));
    next.appends.push_back({event(31, "made", "y"), {}});
    next.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
    const auto done = store->commit(std::move(next));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->appended[0].position, 100'001);
    EXPECT_EQ(done->appended[0].sequence, 21);
    EXPECT_EQ(done->appended[1].sequence, 8);
    EXPECT_EQ((*store->document("c", "k"))->revision, 41);
}

TEST(MongoRecovery, ALateWriterChangesNothing) {
    const MongoDatabase database;
    auto store = open_mongo_store(database.options()).value();
    ASSERT_TRUE(store->open_group("g", true));
    for (std::int64_t i = 1; i <= 4; ++i) {
        Record record = event(i, "made", "x");
        record.expires_at = at(10);
        ASSERT_TRUE(store->commit(append(record)));
    }
    Transaction first = {};
    first.documents = {{.collection = "c", .key = "kept", .body = "old"},
                       {.collection = "c", .key = "erased", .body = "old"}};
    first.group = "g";
    first.finished = {1, 2, 4};
    first.park = {{.group = "g", .position = 2, .key = "x", .due_at = at(5), .attempts = {}}};
    DeadLetter& letter = first.dead_letters.emplace_back();
    letter.group = "g";
    letter.record = std::make_shared<const Record>(*store->at(4).value());
    ASSERT_TRUE(store->commit(first));
    Transaction second = {};
    second.documents = {{.collection = "c", .key = "kept", .body = "new"},
                        {.collection = "c", .key = "erased", .body = std::nullopt}};
    second.unpark = first.park;
    ASSERT_TRUE(store->commit(second));
    ASSERT_TRUE(store->discard(1, {"tester", "no use"}));
    EXPECT_EQ(store->purge(at(10), 10).value(), 3U);

    // Every commit again, the oldest last.
    SlowWriter late(database.options());
    auto commits = late.commits();
    std::vector<State> states;
    State state;
    for (const auto& commit : commits) {
        state.apply(commit);
        states.push_back(state);
    }
    for (std::size_t i = commits.size(); i-- > 0;) {
        mongo::project(commits[i], states[i], late.server());
    }

    for (const bool fresh : {false, true}) {
        if (fresh) {
            store = open_mongo_store(database.options()).value();
        }
        EXPECT_EQ(store->document("c", "kept").value()->body, "new");
        EXPECT_EQ(store->document("c", "erased").value(), std::nullopt);
        EXPECT_THAT(store->parked("g").value(), IsEmpty());
        EXPECT_EQ(store->dead_letter(1).value()->status, DeadLetter::Status::discarded);
        EXPECT_FALSE(store->at(1).value().has_value());
        EXPECT_TRUE(store->at(3).value().has_value());
        EXPECT_EQ(store->last_position(), 4);
        EXPECT_EQ(store->groups()->at(0).position, 2);
        EXPECT_THAT(store->verify().value(), IsEmpty());
    }
    const auto next = store->commit(append(event(5, "made", "x")));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->appended[0].sequence, 5);
}

TEST(MongoHealth, TellsWhatThereIs) {
    const MongoDatabase database;
    auto store = open_mongo_store(database.options()).value();
    ASSERT_TRUE(store->commit(append(event(1))));
    ASSERT_TRUE(store->commit(append(event(2))));
    ASSERT_TRUE(store->archive(uuid(1), "me", "test"));
    const auto health = store->health().value();
    EXPECT_THAT(health.engine, testing::MatchesRegex("mongodb [0-9.]+"));
    EXPECT_THAT(health.location, testing::StartsWith("mongodb://"));
    EXPECT_THAT(health.location, testing::EndsWith("/" + database.name()));
    EXPECT_EQ(health.durability, "majority, journaled");
    EXPECT_EQ(health.last_position, 2);
    EXPECT_EQ(health.events, 1);
    EXPECT_GT(health.bytes, 0);
    EXPECT_TRUE(health.writable);
    EXPECT_EQ(health.problem, "");
    store = open_mongo_store(database.options()).value();
    EXPECT_EQ(store->health()->events, 1);
}

TEST(MongoRecovery, AnotherDatabaseIsLeftAlone) {
    const MongoDatabase database;
    auto server = Server::make(database.options()).value();
    EXPECT_TRUE(server->insert("customers", {mongo::by_id(1)}).empty());
    const auto opened = open_mongo_store(database.options());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::invalid);
    EXPECT_THAT(opened.error().message, testing::HasSubstr("not a quipu store"));
}

TEST(MongoRecovery, AReaderOfADatabaseWithoutAStoreMakesNone) {
    const MongoDatabase database;
    MongoOptions options = database.options();
    options.create = false;
    const auto opened = open_mongo_store(options);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::not_found);
    EXPECT_THAT(opened.error().message, testing::HasSubstr("there is no store at mongodb://"));
    const std::string reply = Server::make(options).value()->command(
        mongo::bson([](auto& writer) { writer.int32("listCollections", 1); }));
    bool empty = true;
    mongo::View(reply).document("cursor").each("firstBatch", [&](const auto&) { empty = false; });
    EXPECT_TRUE(empty);
    ASSERT_TRUE(open_mongo_store(database.options()));
    EXPECT_TRUE(open_mongo_store(options)) << "the store is there now";
}

TEST(MongoRecovery, AChangedByteIsNotServed) {
    const MongoDatabase database;
    MongoOptions options = database.options();
    options.cache_records = 0;
    auto store = open_mongo_store(options).value();
    ASSERT_TRUE(store->commit(append(event(1))));
    ASSERT_TRUE(store->commit(append(event(2))));
    auto server = Server::make(options).value();
    const std::string change = mongo::bson([](auto& writer) {
        writer.begin_document("$set");
        writer.binary("body", "{\"number\":9}");
        writer.end();
    });
    server->replace("events", {{.filter = mongo::by_id(2), .document = change, .update = true}});
    EXPECT_EQ(store->at(2).error().code, ErrorCode::corrupt);
    EXPECT_EQ(store->read(0, 10)->size(), 1U);
    EXPECT_EQ(store->read(1, 10).error().code, ErrorCode::corrupt);
    EXPECT_THAT(store->query({}).value().damaged, testing::ElementsAre(2));
    EXPECT_EQ(store->verify()->size(), 1U);
}

/// Group "sound" has finished 1, and group "changed" 1 and 3 of five events.
class MongoDamagedGroup : public testing::Test {
  protected:
    void SetUp() override {
        store = open_mongo_store(database.options()).value();
        for (std::int64_t i = 1; i <= 5; ++i) ASSERT_TRUE(store->commit(append(event(i))));
        finish("sound", {1});
        finish("changed", {1, 3});
    }
    void finish(const char* group, std::vector<std::int64_t> positions) {
        ASSERT_TRUE(store->open_group(group, true));
        Transaction transaction;
        transaction.group = group;
        transaction.finished = std::move(positions);
        ASSERT_TRUE(store->commit(transaction));
    }
    template <class Fill>
    void set(const char* collection, const char* group, Fill fill) {
        store.reset();
        Server::make(database.options())
            .value()
            ->replace(collection, {{.filter = mongo::by_text("group", group),
                                    .document = mongo::bson([&](auto& writer) {
                                        writer.begin_document("$set");
                                        fill(writer);
                                        writer.end();
                                    }),
                                    .update = true}});
        store = open_mongo_store(database.options()).value();
    }
    void expect_changed_group_handles_nothing() {
        Transaction transaction;
        transaction.group = "changed";
        transaction.finished = {2};
        const auto committed = store->commit(transaction);
        ASSERT_FALSE(committed);
        EXPECT_EQ(committed.error().code, ErrorCode::corrupt);
        EXPECT_EQ(store->open_group("changed", true).error().code, ErrorCode::corrupt);
        EXPECT_EQ(store->unfinished("changed", {2}).error().code, ErrorCode::corrupt);
        EXPECT_THAT(store->verify().value(),
                    testing::Contains(testing::HasSubstr("what group changed has finished")));
        finish("sound", {2});
        EXPECT_THAT(store->unfinished("sound", {1, 2, 3}).value(), testing::ElementsAre(3));
    }

    MongoDatabase database;
    std::unique_ptr<Store> store;
};

TEST_F(MongoDamagedGroup, ChangedOffsetStopsItsGroupAlone) {
    set(mongo::groups_collection, "changed", [](auto& writer) { writer.int64("position", 2); });
    expect_changed_group_handles_nothing();
}

TEST_F(MongoDamagedGroup, ChangedFinishedMarkStopsItsGroupAlone) {
    set(mongo::group_ranges_collection, "changed",
        [](auto& writer) { writer.int64("ranges.0.last", 4); });
    expect_changed_group_handles_nothing();
}

TEST_F(MongoDamagedGroup, RangeBeyondEveryPositionIsDamageWhateverItsChecksum) {
    set(mongo::group_ranges_collection, "changed", [](auto& writer) {
        writer.begin_list("ranges");
        writer.begin_document({});
        writer.int64("first", 3);
        writer.int64("last", std::numeric_limits<std::int64_t>::max());
        writer.end();
        writer.end();
    });
    expect_changed_group_handles_nothing();
}

TEST_F(MongoDamagedGroup, NothingIsPurgedWhileAGroupIsDamaged) {
    Transaction expired = append(event(6));
    expired.appends.front().record.expires_at = at(1);
    ASSERT_TRUE(store->commit(expired));
    finish("sound", {2, 3, 4, 5, 6});
    set(mongo::groups_collection, "changed", [](auto& writer) { writer.int64("position", 6); });
    EXPECT_EQ(store->purge(at(2), 10).value(), 0U);
}

}  // namespace
}  // namespace quipu::test
