// SPDX-License-Identifier: Apache-2.0
// What does not fit into a document or an index of the server.

#include <gmock/gmock.h>

#include <memory>
#include <random>
#include <string>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/server.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

using testing::IsEmpty;

/// Letters that do not compress well.
std::string noise(std::size_t size) {
    std::mt19937 random(7);
    std::string text(size, ' ');
    for (char& letter : text) {
        letter = static_cast<char>('!' + random() % 90);
    }
    return text;
}

TEST(MongoLimits, ABatchBeyondOneDocumentIsRefusedWhole) {
    const MongoDatabase database;
    auto store = open_mongo_store(database.options()).value();
    RestoreBatch batch;
    for (std::int64_t position = 1; position <= 20; ++position) {
        Record record = event(position);
        record.position = position;
        record.body = '"' + std::string(std::size_t{1} << 20, 'x') + '"';
        batch.events.push_back(std::make_shared<const Record>(std::move(record)));
    }
    const auto refused = store->restore(batch);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::limit);
    EXPECT_EQ(store->last_position(), 0);
    batch.events.resize(10);
    EXPECT_TRUE(store->restore(batch));
    EXPECT_EQ(store->last_position(), 10);
}

/// A commit whose documents the server cannot index could be stored, and never be applied.
TEST(MongoLimits, TheLongestKeysAreIndexed) {
    const MongoDatabase database;
    auto store = open_mongo_store(database.options()).value();
    for (const std::string& key : {noise(2000), noise(4096), std::string("\0", 1) + noise(4000),
                                   std::string(1500, '\xff')}) {
        Transaction put;
        put.documents.push_back({.collection = "c", .key = key, .body = "{}"});
        const auto done = store->commit(std::move(put));
        EXPECT_TRUE(done) << done.error().message;
        RestoreBatch copy;
        copy.documents = {{"c", {.key = key, .body = "{}", .revision = 1}}};
        const auto restored = store->restore(copy);
        EXPECT_TRUE(restored) << restored.error().message;
        EXPECT_EQ(store->document("c", key).value()->body, "{}");
    }
    EXPECT_TRUE(store->commit(append(event(1))));
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

/// What a server takes for all that is shorter is not lost with one event that it refuses.
TEST(MongoLimits, ABatchKeepsItsMembersWhenItIsSplit) {
    const MongoDatabase database;
    MongoOptions options = database.options();
    options.document = [](const Record& record) {
        return mongo::bson([&](auto& writer) {
            writer.begin_document("payload");
            writer.text("copy", record.body);
            writer.end();
        });
    };
    auto store = open_mongo_store(options).value();
    RestoreBatch batch;
    for (std::int64_t position = 1; position <= 10; ++position) {
        Record record = event(position);
        record.position = position;
        record.body = '"' + std::string(std::size_t{1} << 20, 'x') + '"';
        batch.events.push_back(std::make_shared<const Record>(std::move(record)));
    }
    EXPECT_EQ(store->restore(batch).error().code, ErrorCode::limit);
    batch.events.resize(5);
    ASSERT_TRUE(store->restore(batch));
    auto server = mongo::Server::make(options).value();
    const std::string stored = server->find_one(mongo::events_collection, mongo::by_id(3));
    EXPECT_EQ(mongo::View(stored).document("payload").text("copy").size(), (1U << 20) + 2);
}

}  // namespace
}  // namespace quipu::test
