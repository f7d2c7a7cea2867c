// SPDX-License-Identifier: Apache-2.0
// What a program without quipu, such as one with pymongo, finds in the database.

#include <gmock/gmock.h>
#include <mongoc/mongoc.h>

#include "quipu/codec/bson.hpp"
#include "quipu/event/catalogue.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

enum class Size { small, large };
struct Ordered {
    static constexpr std::string_view event_type = "ordered";
    std::int64_t amount;
    double price;
    Time due;
    Size size;
    std::vector<std::string> items;
    std::optional<std::string> note = {};
};
using Orders = Catalogue<Ordered>;

std::string first_document(const std::string& database, const char* collection) {
    mongoc_client_t* client = mongoc_client_new(mongo_uri().c_str());
    mongoc_collection_t* from = mongoc_client_get_collection(client, database.c_str(), collection);
    bson_t all = BSON_INITIALIZER;
    mongoc_cursor_t* cursor = mongoc_collection_find_with_opts(from, &all, nullptr, nullptr);
    const bson_t* found = nullptr;
    std::string out;
    if (mongoc_cursor_next(cursor, &found)) {
        char* text = bson_as_canonical_extended_json(found, nullptr);
        out = text;
        bson_free(text);
    }
    mongoc_cursor_destroy(cursor);
    mongoc_collection_destroy(from);
    mongoc_client_destroy(client);
    return out;
}

TEST(MongoReader, SeesAnEventWithItsMembers) {
    const MongoDatabase database;
    MongoOptions options = database.options();
    options.document = [](const Record& record) {
        return event_document(Orders::types(), record.body);
    };
    options.clock = [] { return at(1'800'000'000); };
    auto store = open_mongo_store(options).value();
    Record record = event(1, "ordered", "order-7");
    record.key = "customer 3";
    record.expires_at = at(1'900'000'000);
    record.headers = {{"traceparent", "00-ab"}};
    record.body =
        R"({"event_id":"x","event_type":"ordered","timestamp":"2023-11-14T22:13:21Z",)"
        R"("aggregate_id":"order-7","metadata":{"service_name":"shop","service_version":"2"},)"
        R"("amount":3,"price":2.5,"due":"2024-01-01T00:00:00.5Z","size":"large",)"
        R"("items":["a","b"],"colour":"red"})";
    ASSERT_TRUE(store->commit(append(record)));
    const std::string seen = first_document(database.name(), "events");
    using testing::HasSubstr;
    for (const char* part :
         {R"("_id" : { "$numberLong" : "1" })", R"("event_type" : "ordered")",
          R"("event_version" : "1.0")",
          R"("timestamp" : { "$date" : { "$numberLong" : "1700000001000" } })",
          R"("aggregate_id" : "order-7")", R"("sequence" : { "$numberLong" : "1" })",
          R"("metadata" : { "service_name" : "shop", "service_version" : "2", )",
          R"("payload" : { "amount" : { "$numberLong" : "3" }, )",
          R"("price" : { "$numberDouble" : "2.5" }, )",
          R"("due" : { "$date" : { "$numberLong" : "1704067200500" } }, "size" : "large", )",
          R"("items" : [ "a", "b" ], "note" : null, "colour" : "red" })",
          R"("stored_at" : { "$date" : { "$numberLong" : "1800000000000" } })",
          R"("ttl_expires_at" : { "$date" : { "$numberLong" : "1900000000000" } })",
          R"("key" : "customer 3")", R"("headers" : [ { "name" : "traceparent", )",
          R"("body" : { "$binary")", R"("checksum" : { "$numberLong")"}) {
        EXPECT_THAT(seen, HasSubstr(part));
    }
    EXPECT_EQ(store->at(1).value()->body, record.body);
}

TEST(MongoReader, AnEventOfAnotherTypeHasItsBodyOnly) {
    const MongoDatabase database;
    MongoOptions options = database.options();
    options.document = [](const Record& record) {
        return event_document(Orders::types(), record.body);
    };
    auto store = open_mongo_store(options).value();
    ASSERT_TRUE(store->commit(append(event(1))));
    EXPECT_THAT(first_document(database.name(), "events"),
                testing::AllOf(testing::Not(testing::HasSubstr("payload")),
                               testing::HasSubstr("\"body\"")));
}

TEST(MongoReader, MembersThatAServerRefusesAreLeftOut) {
    const MongoDatabase database;
    MongoOptions options = database.options();
    options.document = [](const Record&) {
        bson_t* document = bson_new();
        bson_t payload;
        BSON_APPEND_DOCUMENT_BEGIN(document, "payload", &payload);
        BSON_APPEND_INT32(&payload, "a", 1);
        BSON_APPEND_INT32(&payload, "a", 2);
        bson_append_document_end(document, &payload);
        std::string out(reinterpret_cast<const char*>(bson_get_data(document)), document->len);
        bson_destroy(document);
        return out;
    };
    auto store = open_mongo_store(options).value();
    const auto committed = store->commit(append(event(1)));
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(store->at(1).value()->body, event(1).body);
}

}  // namespace
}  // namespace quipu::test
