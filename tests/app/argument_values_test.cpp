// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/argument_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quipu {

struct OrderPlaced {
    static constexpr std::string_view event_type = "order_placed";
};
struct OrderShipped {
    static constexpr std::string_view event_type = "order_shipped";
};

namespace {

using Events = Catalogue<OrderPlaced, OrderShipped>;
using testing::HasSubstr;

TEST(ParseInstant, AcceptsTimesAndDates) {
    EXPECT_EQ(format_time(*parse_instant("2026-01-02")), "2026-01-02T00:00:00Z");
    EXPECT_EQ(format_time(*parse_instant("2026-01-02T03:04:05+01:00")), "2026-01-02T02:04:05Z");
    EXPECT_THAT(parse_instant("yesterday").error(), HasSubstr("'yesterday' is not a time"));
}

TEST(ParseCondition, SplitsAtTheFirstEqualsSignOutsideQuotes) {
    const auto values = [](std::string_view text) { return parse_condition(text)->any_of; };
    EXPECT_EQ(parse_condition("a.b=c=d")->field, "a.b");
    EXPECT_THAT(values("a.b=c=d"), testing::ElementsAre(FieldValue::text("c=d")));
    EXPECT_THAT(values("a="), testing::ElementsAre(FieldValue::text("")));
    EXPECT_EQ(parse_condition(R"("a=\"b".c=d)")->field, R"("a=\"b".c)");
    EXPECT_FALSE(parse_condition("=c").has_value());
    EXPECT_FALSE(parse_condition("c").has_value());
    EXPECT_FALSE(parse_condition(R"("a=b)").has_value());
}

TEST(ParseCondition, ReadsAValueAsEveryTypeThatItCanBe) {
    const auto values = [](std::string_view text) { return parse_condition(text)->any_of; };
    EXPECT_THAT(values("a=5.0"),
                testing::ElementsAre(FieldValue::text("5.0"), FieldValue::number(5)));
    EXPECT_THAT(values("a=true"),
                testing::ElementsAre(FieldValue::text("true"), FieldValue::boolean(true)));
    EXPECT_THAT(values("a=null"),
                testing::ElementsAre(FieldValue::text("null"), FieldValue::null()));
    EXPECT_THAT(values(R"(a="5")"), testing::ElementsAre(FieldValue::text("5")));
    EXPECT_THAT(values(R"(a="5)"), testing::ElementsAre(FieldValue::text("\"5")));
}

TEST(CheckType, SuggestsTheMostSimilarType) {
    EXPECT_TRUE(check_type(Events::types(), "order_shipped").has_value());
    EXPECT_EQ(check_type(Events::types(), "order_shiped").error(),
              "unknown event type 'order_shiped'; did you mean 'order_shipped'?");
    EXPECT_LT(check_type(Events::types(), std::string(100'000, 'x')).error().size(), 300U);
}

TEST(FileVariable, IsDerivedFromTheProgramsName) {
    EXPECT_EQ(file_variable("hello"), "HELLO_FILE");
    EXPECT_EQ(file_variable("my-app.2"), "MY_APP_2_FILE");
}

}  // namespace
}  // namespace quipu
