// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "store/fixture.hpp"

namespace quipu::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Query : public testing::Test {
  protected:
    void add(std::string type, std::string aggregate, std::string body, std::int64_t seconds) {
        Record record = event(++number, std::move(type), std::move(aggregate));
        record.body = std::move(body);
        record.timestamp = at(seconds);
        ASSERT_TRUE(store->commit(append(record)));
    }
    /// All positions, page by page; checks that pages are full but for the last.
    std::vector<std::int64_t> all(EventQuery query, std::size_t page_size = 2) {
        std::vector<std::int64_t> out;
        query.limit = page_size;
        do {
            const auto page = store->query(query);
            if (!page) {
                ADD_FAILURE() << page.error().message;
                break;
            }
            for (const auto& record : page->records) {
                out.push_back(record.position);
            }
            EXPECT_TRUE(page->next_cursor.empty() || page->records.size() == page_size);
            query.cursor = page->next_cursor;
        } while (!query.cursor.empty());
        return out;
    }
    void expect_both_ways(const EventQuery& query, std::vector<std::int64_t> expected) {
        for (const std::size_t size :
             {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{100}}) {
            EventQuery forward = query;
            EXPECT_EQ(all(forward, size), expected);
            forward.newest_first = true;
            auto reversed = expected;
            std::ranges::reverse(reversed);
            EXPECT_EQ(all(forward, size), reversed);
        }
    }
    ErrorCode refused(const EventQuery& query) {
        const auto page = store->query(query);
        EXPECT_FALSE(page);
        return page ? ErrorCode::internal : page.error().code;
    }

    Fixture store;
    std::int64_t number = 0;
};

TEST_F(Query, FindsNothingInAnEmptyStore) {
    expect_both_ways({}, {});
    expect_both_ways({.event_types = {"a"}}, {});
    expect_both_ways({.execution_id = "x"}, {});
}

TEST_F(Query, WalksTheLog) {
    for (std::int64_t i = 1; i <= 7; ++i) {
        add("a", "", "{}", 100 - i);
    }
    expect_both_ways({}, {1, 2, 3, 4, 5, 6, 7});
}

TEST_F(Query, ByTypes) {
    for (const char* type : {"a", "b", "c", "a", "b", "a", "c"}) {
        add(type, "", "{}", 1);
    }
    expect_both_ways({.event_types = {"a"}}, {1, 4, 6});
    expect_both_ways({.event_types = {"c", "a"}}, {1, 3, 4, 6, 7});
    expect_both_ways({.event_types = {"a", "b", "c", "a", "never"}}, {1, 2, 3, 4, 5, 6, 7});
    expect_both_ways({.event_types = {"never"}}, {});
}

TEST_F(Query, ByManyTypes) {
    EventQuery query;
    std::vector<std::int64_t> expected;
    for (std::int64_t i = 1; i <= 100; ++i) {
        add("type" + std::to_string(i), "", "{}", 1);
        if (i != 50) {
            query.event_types.push_back("type" + std::to_string(i));
            expected.push_back(i);
        }
    }
    EXPECT_EQ(all(query, 30), expected);
    query.event_types.resize(60);
    expected.erase(std::ranges::find(expected, 62), expected.end());
    EXPECT_EQ(all(query, 7), expected);
}

TEST_F(Query, ByAggregate) {
    for (const char* aggregate : {"x", "y", "x", "", "x", "y"}) {
        add(aggregate == std::string("y") ? "b" : "a", aggregate, "{}", 10 - number);
    }
    expect_both_ways({.aggregate_id = "x"}, {1, 3, 5});
    expect_both_ways({.event_types = {"b"}, .aggregate_id = "x"}, {});
    expect_both_ways({.event_types = {"a", "b"}, .aggregate_id = "y"}, {2, 6});
    expect_both_ways({.aggregate_id = "z"}, {});
    EventQuery early{.aggregate_id = "x"};
    early.until = at(9);
    expect_both_ways(early, {3, 5});
}

TEST_F(Query, ByExecution) {
    const std::string id = uuid(700);
    add("a", id, R"({"execution_id":")" + id + R"("})", 1);
    add("b", uuid(701), R"({"n":{"execution_id":"no"},"execution_id":")" + id + R"("})", 2);
    add("a", "other", R"({"execution_id":"else"})", 3);
    add("b", "", R"({"execution_id": ")" + id + R"("})", 4);
    add("a", id, "not even json", 5);
    add("a", id, R"({"execution_id":17})", 6);
    add("c", uuid(701), R"({"execution_id":")" + id + R"("})", 7);
    expect_both_ways({.execution_id = id}, {1, 2, 4, 5, 6, 7});
    expect_both_ways({.event_types = {"b"}, .execution_id = id}, {2, 4});
    expect_both_ways({.aggregate_id = uuid(701), .execution_id = id}, {2, 7});
    expect_both_ways({.aggregate_id = id, .execution_id = id}, {1, 5, 6});
    expect_both_ways({.execution_id = "else"}, {3});
    expect_both_ways({.execution_id = "no"}, {});
    EventQuery timed{.execution_id = id};
    timed.from = at(4);
    timed.until = at(7);
    expect_both_ways(timed, {4, 5, 6});
}

TEST_F(Query, ByTimeInTheOrderOfTime) {
    for (const std::int64_t seconds : {50, 10, 30, 30, 20, 40, 30}) {
        add(number % 2 == 0 ? "a" : "b", "", "{}", seconds);
    }
    EventQuery query;
    query.from = at(20);
    query.until = at(50);
    expect_both_ways(query, {5, 3, 4, 7, 6});
    query.event_types = {"a"};
    expect_both_ways(query, {5, 3, 7});
    query.until.reset();
    query.event_types.clear();
    expect_both_ways(query, {5, 3, 4, 7, 6, 1});
    query.from.reset();
    query.until = at(30);
    expect_both_ways(query, {2, 5});
}

TEST_F(Query, ByMembers) {
    add("a", "", R"({"metadata":{"user_id":"u-1","n":1.50},"ok":true,"list":[5,"six"]})", 1);
    add("a", "", R"({"metadata":{"user_id":"u-2","n":15e-1},"ok":false})", 2);
    add("b", "", R"({"metadata":{"user_id":"u-1"},"ok":null,"big":18446744073709551616})", 3);
    add("a", "", "no json at all", 4);
    add("a", "", R"({"metadata":"u-1","ok":"true"})", 5);
    add("a", "", R"({"metadata":{"user_id":"u-1")", 6);
    const auto members = [](std::vector<std::pair<std::string, std::string>> wanted) {
        return EventQuery{.members = std::move(wanted)};
    };
    expect_both_ways(members({{"metadata.user_id", "u-1"}, {"ok", "true"}}), {1});
    expect_both_ways(members({{"metadata.n", "1.50"}}), {1});
    expect_both_ways(members({{"metadata.n", "15e-1"}}), {2});
    expect_both_ways(members({{"ok", "true"}}), {1, 5});
    expect_both_ways(members({{"ok", "null"}}), {});
    expect_both_ways(members({{"list.1", "six"}}), {1});
    expect_both_ways(members({{"list.0", "5"}}), {1});
    expect_both_ways(members({{"big", "18446744073709551616"}}), {3});
    expect_both_ways(members({{"metadata", "u-1"}}), {5});
    EventQuery query = members({{"metadata.user_id", "u-1"}});
    query.event_types = {"b", "c"};
    expect_both_ways(query, {3});
    query = members({{"metadata.user_id", "' OR 1=1 --"}});
    expect_both_ways(query, {});
}

TEST_F(Query, RefusesBadInput) {
    add("a", "", "{}", 1);
    EXPECT_EQ(refused({.limit = 0}), ErrorCode::invalid);
    EXPECT_EQ(refused({.limit = 1001}), ErrorCode::limit);
    for (const char* path : {"", ".", "a.", ".a", "a..b", "a-b", "a'b", "a/b", "a b", "\xc3\xa4",
                             "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"}) {
        EventQuery query;
        query.members = {{path, "x"}};
        EXPECT_EQ(refused(query), ErrorCode::invalid) << path;
    }
    EventQuery many;
    many.members.resize(9, {"a", "b"});
    EXPECT_EQ(refused(many), ErrorCode::limit);
    EventQuery types;
    types.event_types.resize(257, "a");
    EXPECT_EQ(refused(types), ErrorCode::limit);
    for (const char* cursor : {"x", "p", "pa", "pa1", "pa1.", "pa1.2x", "qa1.2", "pd1.2", "ta1.2",
                               "pa99999999999999999999.1", "pa 1.2", "pa1.2\n"}) {
        EventQuery query;
        query.cursor = cursor;
        EXPECT_EQ(refused(query), ErrorCode::invalid) << cursor;
    }
}

TEST_F(Query, APageStaysTheSameWhileTheLogGrows) {
    for (std::int64_t i = 1; i <= 4; ++i) {
        add("a", "", "{}", i);
    }
    EventQuery query{.newest_first = true, .limit = 2};
    const auto first = store->query(query).value();
    add("a", "", "{}", 5);
    query.cursor = first.next_cursor;
    const auto second = store->query(query).value();
    ASSERT_EQ(second.records.size(), 2U);
    EXPECT_EQ(second.records[0].position, 2);
    EXPECT_EQ(second.records[1].position, 1);
    EXPECT_EQ(second.next_cursor, "");
}

TEST_F(Query, GoesOnAfterTheCursorsEventIsGone) {
    for (std::int64_t i = 1; i <= 5; ++i) {
        add("a", "x", "{}", i);
    }
    for (EventQuery query : {EventQuery{}, EventQuery{.event_types = {"a"}},
                             EventQuery{.aggregate_id = "x"}, EventQuery{.execution_id = "x"}}) {
        query.limit = 2;
        query.cursor = store->query(query)->next_cursor;
        ASSERT_NE(query.cursor, "");
        static_cast<void>(store->archive(uuid(2), "me", ""));
        query.limit = 10;
        std::vector<std::int64_t> rest;
        const auto page = store->query(query).value();
        for (const auto& record : page.records) {
            rest.push_back(record.position);
        }
        if (query.event_types.empty() && query.aggregate_id.empty() && query.execution_id.empty()) {
            EXPECT_THAT(rest, ElementsAre(3, 4, 5));
        } else {
            EXPECT_THAT(rest, ElementsAre(4, 5));  // 2 is gone, so the first page was 1 and 3
        }
    }
}

TEST(QueryTime, AnEndlessSearchIsCutOff) {
    StoreBounds options;
    options.query_time = std::chrono::milliseconds(0);
    Fixture store(options);
    Transaction transaction;
    for (std::int64_t i = 1; i <= 2000; ++i) {
        transaction.appends.push_back({.record = event(i), .expected_sequence = {}});
    }
    ASSERT_TRUE(store->commit(transaction));
    EventQuery query;
    query.members = {{"number", "never"}};
    const auto page = store->query(query);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ErrorCode::limit);
    EXPECT_THAT(page.error().message, testing::HasSubstr("narrow"));
    // The connection is as good as before.
    EXPECT_TRUE(store->find(uuid(3)).value().has_value());
}

}  // namespace
}  // namespace quipu::test
