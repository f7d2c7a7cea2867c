// SPDX-License-Identifier: Apache-2.0
// What the store removes of its own notes, and what it keeps.

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/projection.hpp"
#include "quipu/store/mongo/server.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

using mongo::Server;
using testing::IsEmpty;

std::string tombstone(std::int64_t id, std::chrono::hours age) {
    const auto gone = std::chrono::system_clock::now() - age;
    return mongo::bson([&](auto& writer) {
        writer.int64("_id", id);
        writer.int64("commit", 1);
        writer.date(
            "gone_at",
            std::chrono::duration_cast<std::chrono::milliseconds>(gone.time_since_epoch()).count());
    });
}

TEST(MongoHousekeeping, TombstonesStayForADay) {
    const MongoDatabase database;
    auto store = open_mongo_store(database.options()).value();
    ASSERT_TRUE(store->commit(append(event(1))));
    auto server = Server::make(database.options()).value();
    server->greet();
    for (const char* collection : {mongo::events_collection, mongo::parked_collection}) {
        ASSERT_TRUE(server
                        ->insert(collection, {tombstone(100, std::chrono::hours(23)),
                                              tombstone(101, std::chrono::hours(25))})
                        .empty());
    }
    mongo::drop_tombstones(*server);
    for (const char* collection : {mongo::events_collection, mongo::parked_collection}) {
        EXPECT_FALSE(server->find_one(collection, mongo::by_id(100)).empty());
        EXPECT_TRUE(server->find_one(collection, mongo::by_id(101)).empty());
    }
    EXPECT_TRUE(store->at(1).value().has_value());
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
