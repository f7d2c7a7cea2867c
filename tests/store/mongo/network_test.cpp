// SPDX-License-Identifier: Apache-2.0
// A network and a server that fail.

#include <gmock/gmock.h>

#include <mutex>
#include <thread>

#include "quipu/store/mongo/collections.hpp"
#include "quipu/store/mongo/server.hpp"
#include "store/mongo/proxy.hpp"
#include "store/mongo/support.hpp"
#include "store/support.hpp"

namespace quipu::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What a request that inserts into the collection `events` has in it, as BSON.
constexpr std::string_view insert_events{"insert\0\7\0\0\0events\0", 18};

constexpr int internal_error = 1;
constexpr int document_validation_failure = 121;

class MongoNetwork : public testing::Test {
  protected:
    MongoOptions options() {
        MongoOptions out = database.options();
        out.uri = proxy.uri();
        out.server_wait = std::chrono::milliseconds(300);
        out.query_time = std::chrono::milliseconds(700);
        out.notice = [this](std::string_view level, std::string_view text) {
            const std::scoped_lock lock(mutex);
            notices.push_back(std::string(level) + ": " + std::string(text));
        };
        return out;
    }
    /// With time to find the server again.
    MongoOptions patient() {
        MongoOptions out = options();
        out.server_wait = std::chrono::seconds(60);
        return out;
    }
    std::vector<std::string> told() {
        const std::scoped_lock lock(mutex);
        return notices;
    }
    /// Commits until the store takes it.
    Committed commit_at_last(Store& store, const Transaction& transaction) {
        for (;;) {
            auto done = store.commit(transaction);
            if (done) {
                return *done;
            }
            EXPECT_EQ(done.error().code, ErrorCode::unavailable) << done.error().message;
        }
    }

    MongoDatabase database;
    Proxy proxy;
    std::mutex mutex;
    std::vector<std::string> notices;
};

TEST_F(MongoNetwork, ALostAnswerIsReadBack) {
    auto store = open_mongo_store(patient()).value();
    for (std::int64_t i = 1; i <= 5; ++i) {
        Transaction transaction = append(event(i, "made", "x"));
        transaction.guards.push_back({.collection = "c", .key = "k", .revision = i - 1});
        transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
        proxy.lose_reply_to("token");  // only a commit has one
        const auto done = store->commit(transaction);
        ASSERT_TRUE(done) << done.error().message;
        EXPECT_EQ(proxy.mode(), Proxy::Mode::open);
        EXPECT_FALSE(done->appended[0].duplicate);
        EXPECT_EQ(done->appended[0].position, i);
        EXPECT_EQ(done->appended[0].sequence, i);
    }
    EXPECT_EQ(store->last_position(), 5);
    EXPECT_EQ(store->document("c", "k").value()->revision, 5);
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

TEST_F(MongoNetwork, AnswersLostAnywhereChangeNothing) {
    auto store = open_mongo_store(options()).value();
    ASSERT_TRUE(store->open_group("g", true));
    std::int64_t number = 0;
    for (const char* marker : {"token", "checksum", "revision", "finished", "applied", "letter_id",
                               "documents", "position", "commit"}) {
        proxy.lose_reply_to(marker);
        Transaction transaction = append(event(++number, "made", "x"));
        transaction.documents.push_back({.collection = "c", .key = "k", .body = "{}"});
        const Committed done = commit_at_last(*store, transaction);
        EXPECT_EQ(done.appended[0].position, number) << marker;
    }
    proxy.set(Proxy::Mode::open);
    EXPECT_EQ(store->last_position(), number);
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

TEST_F(MongoNetwork, ACommitThatTheServerFailsOnceIsStored) {
    auto store = open_mongo_store(patient()).value();
    proxy.refuse("token", 1, internal_error);
    const auto done = store->commit(append(event(1)));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(done->appended[0].duplicate);
    EXPECT_EQ(proxy.refusals_left(), 0);
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

/// A commit is stored as one document. If the rejection of a part of it were reported as one of the
/// commit, the caller would publish again and see its own events as duplicates.
TEST_F(MongoNetwork, APartThatTheServerRejectsIsNotReportedAsARejection) {
    auto store = open_mongo_store(patient()).value();
    ASSERT_TRUE(store->commit(append(event(1))));
    proxy.refuse(insert_events, 1000, document_validation_failure);
    const auto done = store->commit(append(event(2)));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::unavailable);
    EXPECT_THAT(done.error().message, HasSubstr("commit 2 is stored"));
    EXPECT_THAT(done.error().message, HasSubstr("planted"));
    proxy.refuse("", 0);
    const Committed again = commit_at_last(*store, append(event(2)));
    EXPECT_EQ(again.appended[0].position, 2);
    EXPECT_TRUE(again.appended[0].duplicate);
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

TEST_F(MongoNetwork, ACommitThatTheServerRejectsIsALimit) {
    auto store = open_mongo_store(patient()).value();
    proxy.refuse("token", 1, document_validation_failure);
    EXPECT_EQ(store->commit(append(event(1))).error().code, ErrorCode::limit);
    EXPECT_TRUE(store->commit(append(event(1))));
    EXPECT_EQ(store->last_position(), 1);
}

/// What the server does not take may be the members beside the body.
TEST_F(MongoNetwork, AnEventWhoseMembersAreRejectedIsStoredWithoutThem) {
    MongoOptions with = patient();
    with.document = [](const Record&) {
        return mongo::bson([](auto& writer) {
            writer.begin_document("payload");
            writer.text("member", "what is rejected");
            writer.end();
        });
    };
    auto store = open_mongo_store(with).value();
    proxy.refuse("what is rejected", 1, document_validation_failure);
    ASSERT_TRUE(store->commit(append(event(1))));
    EXPECT_EQ(proxy.refusals_left(), 0);
    auto server = mongo::Server::make(with).value();
    const std::string stored = server->find_one(mongo::events_collection, mongo::by_id(1));
    EXPECT_FALSE(mongo::View(stored).has("payload"));
    EXPECT_EQ(store->at(1).value()->body, event(1).body);
}

TEST_F(MongoNetwork, AServerThatIsAwayMakesEverythingUnavailableUntilItIsBack) {
    MongoOptions with = options();
    auto store = open_mongo_store(with).value();
    ASSERT_TRUE(store->commit(append(event(1))));
    for (const auto mode : {Proxy::Mode::closed, Proxy::Mode::frozen}) {
        const std::size_t before = told().size();
        proxy.set(mode);
        const auto done = store->commit(append(event(2)));
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::unavailable);
        EXPECT_TRUE(done.error().retryable());
        EXPECT_THAT(done.error().message, HasSubstr("127.0.0.1"));
        EXPECT_EQ(store->find(uuid(1)).error().code, ErrorCode::unavailable);
        const auto health = store->health();
        ASSERT_TRUE(health);
        EXPECT_FALSE(health->writable);
        EXPECT_THAT(health->problem, HasSubstr("127.0.0.1"));
        proxy.set(Proxy::Mode::closed);  // what is frozen never ends by itself
        proxy.set(Proxy::Mode::open);
        while (!store->health()->writable) {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        EXPECT_TRUE(store->find(uuid(1)).value().has_value());
        const auto lines = told();
        EXPECT_EQ(lines.size(), before + 2);
        EXPECT_THAT(lines[before], HasSubstr("error: "));
        EXPECT_THAT(lines[before + 1], HasSubstr("answers again"));
    }
    const Committed again = commit_at_last(*store, append(event(2)));
    EXPECT_EQ(again.appended[0].position, 2);
    EXPECT_EQ(store->last_position(), 2);
    EXPECT_THAT(store->verify().value(), IsEmpty());
}

TEST_F(MongoNetwork, NoServerIsUnavailableAndABadUriInvalid) {
    MongoOptions with = options();
    with.uri = "mongodb://someone:sesame@127.0.0.1:1/";
    auto opened = open_mongo_store(with);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::unavailable);
    EXPECT_THAT(opened.error().message, HasSubstr("127.0.0.1:1"));
    EXPECT_THAT(opened.error().message, Not(HasSubstr("sesame")));
    for (const char* uri : {"", "mongo", "mongodb://", "mongodb://user:sesame@/:a"}) {
        with.uri = uri;
        opened = open_mongo_store(with);
        ASSERT_FALSE(opened) << uri;
        EXPECT_EQ(opened.error().code, ErrorCode::invalid) << uri;
        EXPECT_THAT(opened.error().message, Not(HasSubstr("sesame")));
    }
}

TEST_F(MongoNetwork, WrongCredentialsAreToldApart) {
    MongoOptions with = database.options();
    with.uri.insert(with.uri.find("//") + 2, "nobody:sesame@");
    with.server_wait = std::chrono::milliseconds(1000);
    const auto opened = open_mongo_store(with);
    if (opened) {
        GTEST_SKIP() << "this server asks for no credentials";
    }
    EXPECT_EQ(opened.error().code, ErrorCode::invalid);
    EXPECT_THAT(opened.error().message, HasSubstr("user name or the password"));
    EXPECT_THAT(opened.error().message, Not(HasSubstr("sesame")));
}

}  // namespace
}  // namespace quipu::test
