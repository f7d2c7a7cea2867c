// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/server.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

// Events that were written by programs with other declarations, or before there were any.

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class MongoFieldIndex : public testing::Test {
  protected:
    std::unique_ptr<Store> open(std::vector<std::string> indexed) {
        MongoOptions options = database.options();
        options.indexed = std::move(indexed);
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

TEST_F(MongoFieldIndex, ADatabaseOfTheVersionBeforeIsUpgradedAndItsEventsAreFound) {
    {
        const auto before = open({"order_id"});
        add(*before);
    }
    const auto connection = mongo::Server::make(database.options()).value();
    mongo::Server& server = *connection;
    // As version 2 left it: other indexes, and events without `fields`.
    for (const char* index : {"by_field", "by_field_set"}) {
        static_cast<void>(server.command(mongo::bson([&](auto& writer) {
            writer.text("dropIndexes", mongo::events_collection);
            writer.text("index", index);
        })));
    }
    server.replace(mongo::events_collection, {{.filter = mongo::by_id(std::int64_t{1}),
                                               .document = mongo::bson([](auto& writer) {
                                                   writer.begin_document("$unset");
                                                   writer.text("fields", "");
                                                   writer.text("field_set", "");
                                                   writer.end();
                                               }),
                                               .update = true}});
    server.replace(mongo::meta_collection, {{.filter = mongo::by_id("identity"),
                                             .document = mongo::bson([](auto& writer) {
                                                 writer.begin_document("$set");
                                                 writer.int64("version", 2);
                                                 writer.end();
                                             }),
                                             .update = true}});
    const auto store = open({"order_id"});
    add(*store);
    const auto found = find(*store, "order_id", "o-1");
    EXPECT_THAT(positions(found), ElementsAre(1, 2));
    EXPECT_THAT(found.scan_reason, HasSubstr("not for every event"));
    EXPECT_EQ(mongo::View(server.find_one(mongo::meta_collection, mongo::by_id("identity")))
                  .integer("version"),
              3);
    std::vector<std::string> names;
    const std::string listed = server.command(
        mongo::bson([](auto& writer) { writer.text("listIndexes", mongo::events_collection); }));
    mongo::View(listed).document("cursor").each(
        "firstBatch", [&](mongo::View each) { names.emplace_back(each.text("name")); });
    EXPECT_THAT(names, testing::IsSupersetOf({"by_field", "by_field_set"}));
    EXPECT_THAT(store->verify().value(), IsEmpty());
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
    EXPECT_THAT(reply, testing::Not(HasSubstr("COLLSCAN")));
}

}  // namespace
}  // namespace quipu::test
