// SPDX-License-Identifier: Apache-2.0
// What the store removes of its own notes, and what it keeps.

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/server.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

using mongo::Server;
using testing::IsEmpty;

/// Seconds after which the server removes documents by an index, by the index's collection and
/// name.
std::map<std::string, std::int64_t> expiries(Server& server) {
    std::map<std::string, std::int64_t> found;
    for (const char* collection :
         {mongo::events_collection, mongo::documents_collection, mongo::parked_collection}) {
        const std::string listed = server.command(
            mongo::bson([&](auto& writer) { writer.text("listIndexes", collection); }));
        mongo::View(listed).document("cursor").each("firstBatch", [&](mongo::View index) {
            if (index.has("expireAfterSeconds")) {
                found[collection + ("/" + index.string("name"))] =
                    index.integer("expireAfterSeconds");
            }
        });
    }
    return found;
}

const std::map<std::string, std::int64_t> tombstones_stay_for_a_day{
    {"events/by_removal", 86'400},
    {"documents/by_removal", 86'400},
    {"parked/by_removal", 86'400},
};

TEST(MongoHousekeeping, TombstonesExpireAfterADayAndNothingElseDoes) {
    const MongoDatabase database;
    const auto store = open_mongo_store(database.options()).value();
    auto server = Server::make(database.options()).value();
    EXPECT_EQ(expiries(*server), tombstones_stay_for_a_day);
}

TEST(MongoHousekeeping, ADatabaseOfVersion1IsUpgradedWhenItIsOpened) {
    const MongoDatabase database;
    ASSERT_TRUE(open_mongo_store(database.options()).value()->commit(append(event(1))));
    auto server = Server::make(database.options()).value();
    const auto version = [&] {
        return mongo::View(server->find_one(mongo::meta_collection, mongo::by_id("identity")))
            .integer("version");
    };
    for (const bool interrupted : {false, true}) {
        SCOPED_TRACE(interrupted);
        // As version 1 made them; of an interrupted upgrade, one is as it shall be already.
        for (const char* collection : {mongo::events_collection, mongo::parked_collection}) {
            if (interrupted && collection == mongo::events_collection) continue;
            static_cast<void>(server->command(mongo::bson([&](auto& writer) {
                writer.text("dropIndexes", collection);
                writer.text("index", "by_removal");
            })));
            static_cast<void>(server->command(mongo::bson([&](auto& writer) {
                writer.text("createIndexes", collection);
                writer.begin_list("indexes");
                writer.begin_document({});
                writer.begin_document("key");
                writer.int32("gone_at", 1);
                writer.end();
                writer.text("name", "by_removal");
                writer.end();
                writer.end();
            })));
        }
        server->replace(mongo::meta_collection, {{.filter = mongo::by_id("identity"),
                                                  .document = mongo::bson([](auto& writer) {
                                                      writer.begin_document("$set");
                                                      writer.int64("version", 1);
                                                      writer.end();
                                                  }),
                                                  .update = true}});
        ASSERT_NE(expiries(*server), tombstones_stay_for_a_day);
        const auto store = open_mongo_store(database.options()).value();
        EXPECT_EQ(expiries(*server), tombstones_stay_for_a_day);
        EXPECT_GE(version(), 2);
        EXPECT_TRUE(store->at(1).value().has_value());
    }
}

/// Commits of the last day and the last 1000 are what other processes may still have to read.
TEST(MongoHousekeeping, AStartTrimsCommitsThatAreOldAndMany) {
    constexpr std::int64_t kept = 1000;
    constexpr std::int64_t more = 20;
    const MongoDatabase database;
    MongoOptions options = database.options();
    options.max_batch_records = 1;
    std::int64_t total = 0;
    const auto write = [&](Time stored_at, std::int64_t events) {
        options.clock = [stored_at] { return stored_at; };
        auto store = open_mongo_store(options).value();
        for (std::int64_t i = 0; i < events; ++i) {
            ASSERT_TRUE(store->commit(append(event(++total))));
        }
    };
    const Time now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    auto server = Server::make(database.options()).value();
    server->greet();
    const auto commits = [&] {
        return server->count(mongo::commits_collection, mongo::bson([](auto&) {}));
    };
    write(now - std::chrono::hours(48), more);
    write(now, kept);
    EXPECT_EQ(commits(), kept + more);
    auto store = open_mongo_store(options).value();
    EXPECT_EQ(commits(), kept);
    EXPECT_TRUE(server->find_one(mongo::commits_collection, mongo::by_id(more)).empty());
    EXPECT_EQ(store->read(0, 10)->size(), 10U);
    EXPECT_THAT(store->verify().value(), IsEmpty());
    // Young ones stay, however many there are.
    write(now, more);
    store = open_mongo_store(options).value();
    EXPECT_EQ(commits(), kept + more);
}

}  // namespace
}  // namespace quipu::test
