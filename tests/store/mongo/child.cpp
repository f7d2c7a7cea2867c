// SPDX-License-Identifier: Apache-2.0
#include "store/mongo/child.hpp"

#include <iostream>

#include "quipu/event/id.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

/// One event of the shared aggregate and the document that counts them, in one transaction.
bool count_one(Store& store, int name) {
    const auto document = store.document("counters", "shared");
    if (!document) {
        return true;  // the server is busy; the next try
    }
    const std::int64_t before = *document ? std::stoll((*document)->body) : 0;
    Record record = event(1, "counted", "shared");
    record.event_id = new_id();
    record.body = "{\"by\":" + std::to_string(name) + "}";
    Transaction transaction = append(record);
    transaction.guards.push_back({.collection = "counters",
                                  .key = "shared",
                                  .revision = *document ? (*document)->revision : 0});
    transaction.documents.push_back(
        {.collection = "counters", .key = "shared", .body = std::to_string(before + 1)});
    const auto done = store.commit(transaction);
    if (!done) {
        return done.error().retryable() || done.error().code == ErrorCode::conflict;
    }
    if (done->appended[0].sequence != before + 1) {
        std::cerr << "sequence " << done->appended[0].sequence << " at count " << before + 1
                  << '\n';
        return false;
    }
    return true;
}

/// Finishes the first position that is not finished, and leaves a document that says so.
bool finish_one(Store& store) {
    const auto groups = store.groups();
    if (!groups || groups->empty()) {
        return true;
    }
    const std::int64_t position = groups->front().position + 1;
    if (position > store.last_position()) {
        return true;
    }
    Transaction transaction;
    transaction.group = "g";
    transaction.finished = {position};
    // Created once: a second finishing would meet it.
    transaction.guards.push_back(
        {.collection = "finished", .key = std::to_string(position), .revision = 0});
    transaction.documents.push_back(
        {.collection = "finished", .key = std::to_string(position), .body = "1"});
    const auto done = store.commit(transaction);
    return done || done.error().retryable() || done.error().code == ErrorCode::conflict;
}

}  // namespace

int run_mongo_child(const std::string& database, int name) {
    MongoOptions options;
    options.uri = mongo_uri();
    options.database = database;
    auto store = open_mongo_store(options);
    if (!store) {
        std::cerr << store.error().message << '\n';
        return 1;
    }
    for (;;) {
        if (!count_one(**store, name) || !finish_one(**store)) {
            std::cerr << "a broken promise\n";
            return 1;
        }
    }
}

}  // namespace quipu::test
