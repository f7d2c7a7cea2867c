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
    expect_both_ways({.where = {where_text("order_id", "x")}}, {});
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

TEST_F(Query, ByAnIndexedField) {
    const std::string id = uuid(700);
    add("a", id, R"({"order_id":")" + id + R"("})", 1);
    add("b", uuid(701), R"({"n":{"order_id":"no"},"order_id":")" + id + R"("})", 2);
    add("a", "other", R"({"order_id":"else"})", 3);
    add("b", "", R"({"order_id": ")" + id + R"("})", 4);
    add("a", id, "not even json", 5);
    add("a", "order-" + id, R"({"order_id":")" + id + R"("})", 6);
    add("c", uuid(701), R"({"order_id":")" + id + R"(","order_id":"else"})", 7);
    add("c", uuid(701), R"({"order_id":"order-)" + id + R"("})", 8);
    const auto where = [](std::string_view value) {
        return EventQuery{.where = {where_text("order_id", value)}};
    };
    expect_both_ways(where(id), {1, 2, 4, 6, 7});
    expect_both_ways(where("order-" + id), {8});
    expect_both_ways(where("else"), {3});
    expect_both_ways(where("no"), {});
    EventQuery query = where(id);
    query.event_types = {"b"};
    expect_both_ways(query, {2, 4});
    query = where(id);
    query.aggregate_id = uuid(701);
    expect_both_ways(query, {2, 7});
    query = where(id);
    query.from = at(4);
    query.until = at(7);
    expect_both_ways(query, {4, 6});
    query = where(id);
    query.where.front().any_of.push_back(FieldValue::text("order-" + id));
    query.where.front().any_of.push_back(FieldValue::text("else"));
    expect_both_ways(query, {1, 2, 3, 4, 6, 7, 8});
    EXPECT_EQ(store->query(where(id))->scan_reason, "");
    EXPECT_EQ(store->query({})->scan_reason, "");
}

TEST_F(Query, ByUserAndByCorrelation) {
    for (std::int64_t i = 1; i <= 6; ++i) {
        Record record = event(i);
        record.body =
            R"({"metadata":{"service_name":"s","user_id":"u-)" + std::to_string(i % 2) + R"("}})";
        record.headers.add("correlation_id", "c-" + std::to_string(i % 3));
        ASSERT_TRUE(store->commit(append(record)));
    }
    expect_both_ways({.where = {where_user("u-1")}}, {1, 3, 5});
    expect_both_ways({.where = {where_correlation("c-1")}}, {1, 4});
    expect_both_ways({.where = {where_user("u-1"), where_correlation("c-1")}}, {1});
    expect_both_ways({.where = {where_text("correlation_id", "c-1")}}, {});
    EXPECT_EQ(store->query({.where = {where_user("u-1")}})->scan_reason, "");
    EXPECT_EQ(store->query({.where = {where_correlation("u-1")}})->scan_reason, "");
}

TEST_F(Query, NumbersCompareByValueWithinTheirKind) {
    for (const char* value : {"5", "5.0", "5e0", "500e-2", "0.05E+2", R"("5")", "null", "true",
                              R"("true")", "[5]", "{}", "-5", "5.1", "0", "-0.0", R"("\u0035")"}) {
        add("a", "", std::string(R"({"order_id":)") + value + "}", 1);
    }
    add("a", "", "{}", 1);
    {
        const auto found = [&](const FieldValue& value, std::vector<std::int64_t> expected) {
            expect_both_ways({.where = {{.field = "order_id", .any_of = {value}}}}, expected);
        };
        found(FieldValue::number(5), {1, 2, 3, 4, 5});
        found(FieldValue::text("5"), {6, 16});
        found(FieldValue::null(), {7});
        found(FieldValue::boolean(true), {8});
        found(FieldValue::text("true"), {9});
        found(FieldValue::number(-5), {12});
        found(*FieldValue::number("51e-1"), {13});
        found(FieldValue::number(0), {14, 15});
        found(FieldValue::text(""), {});
    }
    EXPECT_FALSE(FieldValue::number("05") || FieldValue::number("5.") || FieldValue::number("e5") ||
                 FieldValue::number("") || FieldValue::number("5e") || FieldValue::number("+5"));
    EXPECT_EQ(FieldValue::number("1e99999999999999999999"),
              FieldValue::number("1e9999999999999999"));
}

TEST_F(Query, LongValuesWithACommonPrefixAreDistinguished) {
    const std::string one(300, 'x');
    const std::string accents = "a" + [] {
        std::string text;
        for (int i = 0; i < 200; ++i) text += "\xc3\xa9";
        return text;
    }();
    for (const std::string& value : {one, one + "x", one.substr(1) + "y", accents}) {
        add("a", "", R"({"order_id":")" + value + R"("})", 1);
    }
    const auto where = [](std::string_view value) {
        return EventQuery{.where = {where_text("order_id", value)}};
    };
    expect_both_ways(where(one), {1});
    expect_both_ways(where(one + "x"), {2});
    expect_both_ways(where(one.substr(1) + "y"), {3});
    expect_both_ways(where(accents), {4});
    expect_both_ways(where(one + "xx"), {});
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

EventQuery with_reading(std::vector<std::pair<std::string, std::string>> wanted) {
    EventQuery query;
    for (auto& [field, text] : wanted) {
        query.where.push_back({.field = field, .any_of = FieldValue::readings(text)});
    }
    return query;
}

TEST_F(Query, ByFieldsThatAreNotIndexed) {
    add("a", "", R"({"metadata":{"user_id":"u-1","n":1.50},"ok":true,"list":[5,"six"]})", 1);
    add("a", "", R"({"metadata":{"user_id":"u-2","n":15e-1},"ok":false})", 2);
    add("b", "", R"({"metadata":{"user_id":"u-1"},"ok":null,"big":18446744073709551616})", 3);
    add("a", "", "no json at all", 4);
    add("a", "", R"({"metadata":"u-1","ok":"true"})", 5);
    add("a", "", R"({"metadata":{"user_id":"u-1")", 6);
    add("a", "", R"({"a.b":{"c d-e":"x"},"\u0061\"":"y","/~":{"1":"z"}})", 7);
    expect_both_ways(with_reading({{"metadata.user_id", "u-1"}, {"ok", "true"}}), {1});
    expect_both_ways(with_reading({{"metadata.n", "1.50"}}), {1, 2});
    expect_both_ways(with_reading({{"ok", "true"}}), {1, 5});
    expect_both_ways(with_reading({{"ok", "null"}}), {3});
    expect_both_ways(with_reading({{"list.1", "six"}}), {1});
    expect_both_ways(with_reading({{"list.0", "5"}}), {1});
    expect_both_ways(with_reading({{"list.2", "5"}}), {});
    expect_both_ways(with_reading({{"big", "18446744073709551616"}}), {3});
    expect_both_ways(with_reading({{"metadata", "u-1"}}), {5});
    expect_both_ways(with_reading({{R"("a.b"."c d-e")", "x"}}), {7});
    expect_both_ways(with_reading({{R"("a\"")", "y"}}), {7});
    expect_both_ways(with_reading({{R"("/~".1)", "z"}}), {7});
    EventQuery query = with_reading({{"ok", "null"}});
    query.event_types = {"b", "c"};
    expect_both_ways(query, {3});
    expect_both_ways(with_reading({{"metadata.user_id", "' OR 1=1 --"}}), {});
    query = with_reading({{"ok", "true"}});
    query.from = at(2);
    query.until = at(9);
    expect_both_ways(query, {5});
    EXPECT_THAT(store->query(query)->scan_reason, testing::HasSubstr("ok is not indexed"));
}

TEST_F(Query, RefusesBadInput) {
    add("a", "", "{}", 1);
    EXPECT_EQ(refused({.limit = 0}), ErrorCode::invalid);
    EXPECT_EQ(refused({.limit = 1001}), ErrorCode::limit);
    for (const char* path :
         {"", ".", "a.", ".a", "a..b", "a-b", "a'b", "a/b", "a b", "\xc3\xa4", "\"a", "\"a\"b",
          "\"a\\n\"", "\"\".", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"}) {
        EXPECT_EQ(refused({.where = {where_text(path, "x")}}), ErrorCode::invalid) << path;
    }
    EXPECT_EQ(refused({.where = {{.field = "a", .any_of = {}}}}), ErrorCode::invalid);
    EventQuery many;
    many.where.resize(9, where_text("a", "b"));
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

TEST_F(Query, ContinuesAfterTheCursorsEventWasRemoved) {
    for (std::int64_t i = 1; i <= 5; ++i) {
        add("a", "x", R"({"order_id":"x"})", i);
    }
    for (EventQuery query :
         {EventQuery{}, EventQuery{.event_types = {"a"}}, EventQuery{.aggregate_id = "x"},
          EventQuery{.where = {where_text("order_id", "x")}}}) {
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
        if (query.event_types.empty() && query.aggregate_id.empty() && query.where.empty()) {
            EXPECT_THAT(rest, ElementsAre(3, 4, 5));
        } else {
            EXPECT_THAT(rest, ElementsAre(4, 5));  // 2 is gone, so the first page was 1 and 3
        }
    }
}

TEST(QueryTime, EndlessSearchIsInterrupted) {
    StoreBounds options;
    options.query_time = std::chrono::milliseconds(0);
    Fixture store(options);
    Transaction transaction;
    for (std::int64_t i = 1; i <= 2000; ++i) {
        transaction.appends.push_back({.record = event(i), .expected_sequence = {}});
    }
    ASSERT_TRUE(store->commit(transaction));
    EventQuery query;
    query.where = {where_text("number", "never")};
    const auto page = store->query(query);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ErrorCode::limit);
    EXPECT_THAT(page.error().message, testing::HasSubstr("narrow"));
    // The connection is as good as before.
    EXPECT_TRUE(store->find(uuid(3)).value().has_value());
}

}  // namespace
}  // namespace quipu::test
