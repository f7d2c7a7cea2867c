// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

class Documents : public testing::Test {
  protected:
    Result<Committed> put(std::string key, std::optional<std::string> body,
                          std::optional<std::int64_t> revision = {}, std::string in = "sagas") {
        Transaction transaction;
        if (revision) {
            transaction.guards.push_back({.collection = in, .key = key, .revision = *revision});
        }
        transaction.documents.push_back(
            {.collection = std::move(in), .key = std::move(key), .body = std::move(body)});
        return store->commit(transaction);
    }
    std::int64_t revision(const std::string& key) {
        const auto document = store->document("sagas", key).value();
        return document ? document->revision : 0;
    }
    std::vector<std::string> keys(std::string_view prefix, std::string_view after = {},
                                  std::size_t limit = 100) {
        std::vector<std::string> out;
        const auto found = store->documents("sagas", prefix, after, limit).value();
        for (const auto& document : found) {
            out.push_back(document.key);
        }
        return out;
    }
    Fixture store;
};

TEST_F(Documents, AreReadAsWritten) {
    EXPECT_EQ(store->document("sagas", "a").value(), std::nullopt);
    const std::string body = std::string("{\"a\":\"\xc3\xa4\"}") + '\0' + "x";
    ASSERT_TRUE(put("a", body));
    auto document = store->document("sagas", "a").value();
    ASSERT_TRUE(document);
    EXPECT_EQ(document->key, "a");
    EXPECT_EQ(document->body, body);
    EXPECT_EQ(document->revision, 1);
    ASSERT_TRUE(put("a", ""));
    store.reopen();
    document = store->document("sagas", "a").value();
    ASSERT_TRUE(document);
    EXPECT_EQ(document->body, "");
    EXPECT_EQ(document->revision, 2);
    EXPECT_EQ(store->document("other", "a").value(), std::nullopt);
}

TEST_F(Documents, RevisionsOnlyGrow) {
    ASSERT_TRUE(put("a", "1"));
    ASSERT_TRUE(put("a", "2"));
    ASSERT_TRUE(put("a", "3"));
    EXPECT_EQ(revision("a"), 3);
    ASSERT_TRUE(put("a", std::nullopt));
    EXPECT_EQ(revision("a"), 0);
    ASSERT_TRUE(put("a", std::nullopt));
    store.reopen();
    ASSERT_TRUE(put("a", "4"));
    EXPECT_GT(revision("a"), 3);
}

TEST_F(Documents, FailedGuardStoresNothing) {
    EXPECT_EQ(put("a", "1", 1).error().code, ErrorCode::conflict);
    ASSERT_TRUE(put("a", "1", 0));
    EXPECT_EQ(put("a", "2", 0).error().code, ErrorCode::conflict);
    ASSERT_TRUE(put("a", "2", 1));
    EXPECT_EQ(put("a", "3", 1).error().code, ErrorCode::conflict);
    EXPECT_EQ(store->document("sagas", "a").value()->body, "2");
    ASSERT_TRUE(put("a", std::nullopt, 2));
    EXPECT_EQ(put("a", "9", 2).error().code, ErrorCode::conflict);
    ASSERT_TRUE(put("a", "9", 0));
}

TEST_F(Documents, AGuardSeesEarlierMembersOfTheSameCommit) {
    // Both wait behind a slow first one. Whether they share a commit or not, one of them must lose.
    std::atomic<int> won = 0;
    std::atomic<int> lost = 0;
    for (int i = 0; i < 200; ++i) {
        Transaction transaction;
        transaction.guards.push_back({.collection = "sagas", .key = "a", .revision = i / 2});
        transaction.documents.push_back({.collection = "sagas", .key = "a", .body = "{}"});
        store->submit(transaction,
                      [&](const Result<Committed>& result) { (result ? won : lost) += 1; });
    }
    store.reopen();
    EXPECT_EQ(won, 100);
    EXPECT_EQ(lost, 100);
    EXPECT_EQ(revision("a"), 100);
}

TEST_F(Documents, AreListedByPrefixInOrder) {
    for (const char* key : {"b", "a/2", "a/1", "a/10", "a", "a0", "\xff", "\xff\xff"}) {
        ASSERT_TRUE(put(key, "{}"));
        ASSERT_TRUE(put(key, "{}", {}, "others"));
    }
    using testing::ElementsAre;
    EXPECT_THAT(keys("a/"), ElementsAre("a/1", "a/10", "a/2"));
    EXPECT_THAT(keys("a/", "a/1"), ElementsAre("a/10", "a/2"));
    EXPECT_THAT(keys("a/", "a/1", 1), ElementsAre("a/10"));
    EXPECT_THAT(keys("a/", "a/2"), testing::IsEmpty());
    EXPECT_THAT(keys("a/", "A"), ElementsAre("a/1", "a/10", "a/2"));
    EXPECT_THAT(keys("a/", "z"), testing::IsEmpty());
    EXPECT_THAT(keys("\xff"), ElementsAre("\xff", "\xff\xff"));
    EXPECT_THAT(keys(""), ElementsAre("a", "a/1", "a/10", "a/2", "a0", "b", "\xff", "\xff\xff"));
    EXPECT_THAT(keys("", "", 2), ElementsAre("a", "a/1"));
    EXPECT_THAT(keys("", "", 0), testing::IsEmpty());
}

TEST_F(Documents, RefuseEmptyNames) {
    EXPECT_EQ(put("", "{}").error().code, ErrorCode::invalid);
    EXPECT_EQ(put("a", "{}", {}, "").error().code, ErrorCode::invalid);
    EXPECT_EQ(put(std::string(5000, 'k'), "{}").error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace quipu::test
