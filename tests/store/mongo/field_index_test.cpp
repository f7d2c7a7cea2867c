// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/server.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"
#include "support/eventually.hpp"

// Events that were written by programs with other declarations, or before there were any.

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class MongoFieldIndex : public testing::Test {
  protected:
    /// Unless `portion` says otherwise, events keep the fields with which they were written.
    std::unique_ptr<Store> open(std::vector<std::string> indexed, std::size_t portion = 0) {
        MongoOptions options = database.options();
        options.indexed = std::move(indexed);
        options.index_portion = portion;
        return open_mongo_store(options).value();
    }
    void add(Store& store) {
        Record record = event(++made);
        record.body = R"({"order_id":"o-1","customer":"c-1"})";
        ASSERT_TRUE(store.commit(append(record)));
    }
    static EventPage find(Store& store, std::string field, std::string_view value) {
        return store.query({.where = {where_text(std::move(field), value)}}).value();
    }
    static std::vector<std::int64_t> positions(const EventPage& page) {
        std::vector<std::int64_t> found;
        for (const auto& record : page.records) found.push_back(record.position);
        return found;
    }

    MongoDatabase database;
    std::int64_t made = 0;
};

TEST_F(MongoFieldIndex, ANewlyDeclaredFieldIsScannedForWhileOlderEventsAreLeft) {
    {
        const auto before = open({"customer"});
        add(*before);
        EXPECT_THAT(find(*before, "customer", "c-1").scan_reason, IsEmpty());
        EXPECT_THAT(find(*before, "order_id", "o-1").scan_reason, HasSubstr("order_id"));
    }
    const auto store = open({"customer", "order_id"});
    add(*store);
    const auto by_order = find(*store, "order_id", "o-1");
    EXPECT_THAT(positions(by_order), ElementsAre(1, 2));
    EXPECT_THAT(by_order.scan_reason, HasSubstr("order_id"));
    const auto by_customer = find(*store, "customer", "c-1");
    EXPECT_THAT(positions(by_customer), ElementsAre(1, 2));
    EXPECT_THAT(by_customer.scan_reason, IsEmpty());
    // With the older one gone, nothing is left that the index lacks.
    ASSERT_TRUE(store->archive(uuid(1), "me", ""));
    const auto rest = find(*store, "order_id", "o-1");
    EXPECT_THAT(positions(rest), ElementsAre(2));
    EXPECT_THAT(rest.scan_reason, IsEmpty());
}

TEST_F(MongoFieldIndex, ANewlyDeclaredFieldIsFilledInPortionsAndFoundMeanwhile) {
    constexpr std::int64_t events = 80;
    {
        const auto before = open({"customer"});
        for (std::int64_t i = 0; i < events; ++i) add(*before);
    }
    const auto store = open({"order_id"}, 7);
    const auto complete = [&] {
        const EventPage page = find(*store, "order_id", "o-1");
        EXPECT_EQ(page.records.size(), std::min(std::size_t{100}, static_cast<std::size_t>(made)));
        return page.scan_reason.empty();
    };
    while (!complete()) {
        add(*store);
    }
    EXPECT_THAT(find(*store, "customer", "c-1").scan_reason, HasSubstr("customer"))
        << "events written since are without it";
    // The program that declares it completes them, and both are found then.
    const auto other = open({"customer"}, 1000);
    ASSERT_TRUE(eventually([&] {
        return find(*other, "customer", "c-1").scan_reason.empty() &&
               find(*other, "order_id", "o-1").scan_reason.empty();
    }));
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

TEST_F(MongoFieldIndex, FillingGoesOnWhereAProgramThatEndedHasLeftIt) {
    {
        const auto before = open({});
        for (int i = 0; i < 60; ++i) add(*before);
    }
    const auto connection = mongo::Server::make(database.options()).value();
    const auto filled = [&] {
        return connection->count(mongo::events_collection, mongo::bson([](auto& writer) {
                                     writer.text("fields", "order_id=to-1");
                                 }));
    };
    {
        const auto store = open({"order_id"}, 3);
        ASSERT_TRUE(eventually([&] { return filled() > 0; }));
    }
    const auto store = open({"order_id"}, 50);
    ASSERT_TRUE(eventually([&] { return find(*store, "order_id", "o-1").scan_reason.empty(); }));
    EXPECT_EQ(filled(), 60);
}

TEST_F(MongoFieldIndex, DamagedEventDoesNotStopTheFilling) {
    {
        const auto before = open({});
        for (int i = 0; i < 3; ++i) add(*before);
    }
    const auto connection = mongo::Server::make(database.options()).value();
    connection->replace(mongo::events_collection, {{.filter = mongo::by_id(std::int64_t{2}),
                                                    .document = mongo::bson([](auto& writer) {
                                                        writer.begin_document("$set");
                                                        writer.text("body", "{}");
                                                        writer.end();
                                                    }),
                                                    .update = true}});
    const auto store = open({"order_id"}, 1);
    ASSERT_TRUE(eventually([&] { return find(*store, "order_id", "o-1").scan_reason.empty(); }));
    EXPECT_THAT(positions(find(*store, "order_id", "o-1")), ElementsAre(1, 3));
    EXPECT_EQ(store->at(2).error().code, ErrorCode::corrupt);
}

/// A database as version 2 left it: other indexes, and events without `fields`.
class MongoUpgrade : public MongoFieldIndex {
  protected:
    void SetUp() override {
        {
            const auto before = open({"order_id"});
            ASSERT_TRUE(before->open_group("g", true));
            add(*before);
            Transaction finished;
            finished.group = "g";
            finished.finished = {1};
            ASSERT_TRUE(before->commit(finished));
        }
        for (const char* index : {"by_field", "by_field_set"}) drop(index);
        static_cast<void>(server().command(mongo::bson([](auto& writer) {
            writer.text("createIndexes", mongo::events_collection);
            writer.begin_list("indexes");
            writer.begin_document({});
            writer.begin_document("key");
            writer.int32("execution_id", 1);
            writer.end();
            writer.text("name", "by_execution");
            writer.end();
            writer.end();
        })));
        change(mongo::events_collection, mongo::by_id(std::int64_t{1}), "$unset", [](auto& writer) {
            writer.text("fields", "");
            writer.text("field_set", "");
        });
        change(mongo::groups_collection, mongo::bson([](auto&) {}), "$unset",
               [](auto& writer) { writer.text("checksum", ""); });
        change(mongo::meta_collection, mongo::by_id("identity"), "$set",
               [](auto& writer) { writer.int64("version", 2); });
    }
    mongo::Server& server() { return *connection_; }
    void drop(const char* index) {
        static_cast<void>(server().command(mongo::bson([&](auto& writer) {
            writer.text("dropIndexes", mongo::events_collection);
            writer.text("index", index);
        })));
    }
    template <class Fill>
    void change(const char* collection, const std::string& filter, const char* verb, Fill fill) {
        server().replace(collection, {{.filter = filter,
                                       .document = mongo::bson([&](auto& writer) {
                                           writer.begin_document(verb);
                                           fill(writer);
                                           writer.end();
                                       }),
                                       .update = true}});
    }
    std::vector<std::string> indexes() {
        std::vector<std::string> names;
        const std::string listed = server().command(mongo::bson(
            [](auto& writer) { writer.text("listIndexes", mongo::events_collection); }));
        mongo::View(listed).document("cursor").each(
            "firstBatch", [&](mongo::View each) { names.emplace_back(each.text("name")); });
        return names;
    }
    void expect_upgraded() {
        const auto store = open({"order_id"}, 10);
        add(*store);
        EXPECT_THAT(positions(find(*store, "order_id", "o-1")), ElementsAre(1, 2));
        EXPECT_TRUE(
            eventually([&] { return find(*store, "order_id", "o-1").scan_reason.empty(); }));
        EXPECT_EQ(mongo::View(server().find_one(mongo::meta_collection, mongo::by_id("identity")))
                      .integer("version"),
                  3);
        EXPECT_THAT(indexes(), testing::IsSupersetOf({"by_field", "by_field_set"}));
        EXPECT_THAT(indexes(), Not(testing::Contains("by_execution")));
        EXPECT_EQ(store->groups().value().at(0).position, 1);
        EXPECT_THAT(store->verify().value(), IsEmpty());
    }

  private:
    std::unique_ptr<mongo::Server> connection_ = mongo::Server::make(database.options()).value();
};

TEST_F(MongoUpgrade, DatabaseOfTheVersionBeforeIsUpgradedWhenItIsOpened) {
    expect_upgraded();
}

/// As a program leaves it that was killed between two steps: the version is raised last.
TEST_F(MongoUpgrade, InterruptedUpgradeIsCompletedByTheNextProgram) {
    {
        const auto interrupted = open({"order_id"});
    }
    drop("by_field_set");
    change(mongo::meta_collection, mongo::by_id("identity"), "$set",
           [](auto& writer) { writer.int64("version", 2); });
    expect_upgraded();
}

TEST_F(MongoUpgrade, EventsWrittenBeforeAreFoundUntilTheyAreIndexed) {
    const auto store = open({"order_id"});
    const auto found = find(*store, "order_id", "o-1");
    EXPECT_THAT(positions(found), ElementsAre(1));
    EXPECT_THAT(found.scan_reason, HasSubstr("not for every event"));
}

/// The server's own account of how it runs the search.
TEST_F(MongoFieldIndex, AnIndexedFieldIsNotScannedFor) {
    const auto store = open({"order_id"});
    add(*store);
    const auto connection = mongo::Server::make(database.options()).value();
    mongo::Server& server = *connection;
    const std::string reply = server.command(mongo::bson([](auto& writer) {
        writer.begin_document("explain");
        writer.text("find", mongo::events_collection);
        writer.begin_document("filter");
        writer.begin_document("fields");
        writer.begin_list("$in");
        writer.text({}, "order_id=to-1");
        writer.end();
        writer.end();
        writer.begin_document("_id");
        writer.int64("$gt", 0);
        writer.end();
        writer.end();
        writer.begin_document("sort");
        writer.int32("_id", 1);
        writer.end();
        writer.text("hint", "by_field");
        writer.end();
        writer.text("verbosity", "queryPlanner");
    }));
    EXPECT_THAT(reply, HasSubstr("IXSCAN"));
    EXPECT_THAT(reply, HasSubstr("by_field"));
    EXPECT_THAT(reply, Not(HasSubstr("COLLSCAN")));
}

}  // namespace
}  // namespace quipu::test
