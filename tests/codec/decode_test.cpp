// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/everything.hpp"
#include "quipu/event/id.hpp"

namespace {

using everything::Color;
using everything::Events;
using everything::tiny;
using everything::Tiny;
using quipu::decode_as;
using quipu::from_json;

std::string kinds(const quipu::Faults& faults) {
    std::string out;
    for (const quipu::Fault& fault : faults.list) {
        if (!out.empty()) out += ' ';
        out += fault.kind;
        for (const auto& step : fault.location) {
            out += '/';
            out += std::holds_alternative<std::string>(step)
                       ? std::get<std::string>(step)
                       : std::to_string(std::get<std::int64_t>(step));
        }
    }
    return out;
}

/// The faults of a text read as T, "" when there are none.
template <class T>
std::string faults_of(std::string_view text, const quipu::DecodeOptions& options = {}) {
    auto read = from_json<T>(text, options);
    return read ? "" : kinds(read.error());
}

TEST(Decode, FindsEventTypeAnywhereInTheObject) {
    const auto last = quipu::decode<Events>(
        R"({"text":"x","metadata":{"service_name":"s","service_version":""},"event_type":"tiny"})");
    ASSERT_TRUE(last);
    EXPECT_EQ(std::get<quipu::Event<Tiny>>(*last)->text, "x");
    const auto escaped =
        quipu::decode<Events>(R"({"event\u005ftype":"t\u0069ny","text":"x","metadata":)"
                              R"({"service_name":"s","service_version":"1"}})");
    ASSERT_TRUE(escaped);
    EXPECT_EQ(std::get<quipu::Event<Tiny>>(*escaped)->text, "x");
}

TEST(Decode, FillsInTheHeader) {
    const auto before = quipu::now();
    const auto event = decode_as<Tiny>(
        R"({"event_type":"tiny","text":"","metadata":{"service_name":"s","service_version":"1"}})");
    ASSERT_TRUE(event);
    EXPECT_TRUE(quipu::is_uuid(event->header.event_id));
    EXPECT_GE(event->header.timestamp, before);
    EXPECT_EQ(event->header.event_version, "1.0");
    EXPECT_EQ(event->header.aggregate_id, std::nullopt);
    EXPECT_EQ(event->header.metadata.user_id, std::nullopt);
    EXPECT_EQ(event->header.metadata.environment, quipu::Environment::production);
    EXPECT_EQ((*event)->count, 7);
}

TEST(Decode, AcceptsWhiteSpaceBetweenTokens) {
    std::string text;
    for (const char c : tiny()) {
        if (c == ',' || c == ':' || c == '{' || c == '}') {
            text.append(" \n\r\t").append(1, c).append("\t ");
        } else {
            text += c;
        }
    }
    // The colons inside the time are part of a string.
    const auto spaced = decode_as<Tiny>(text);
    ASSERT_FALSE(spaced);
    EXPECT_EQ(kinds(spaced.error()), "json_invalid");
    const auto event = decode_as<Tiny>(
        " {\n\"event_type\" : \"tiny\" ,\t\"text\"\r:\"x\", \"metadata\" "
        ": { \"service_name\" :\"s\" , \"service_version\":\"1\" } } ");
    ASSERT_TRUE(event) << event.error().summary();
}

TEST(Decode, LastOfRepeatedNamesCounts) {
    const auto twice = decode_as<Tiny>(tiny(R"(,"text":1,"text":"last")"));
    ASSERT_TRUE(twice) << twice.error().summary();
    EXPECT_EQ((*twice)->text, "last");
    const auto wrong = decode_as<Tiny>(tiny(R"(,"text":"first","text":1)"));
    ASSERT_FALSE(wrong);
    EXPECT_EQ(kinds(wrong.error()), "string_type/tiny/text");
    // Nothing of an object that was replaced is left.
    const auto metadata = decode_as<Tiny>(
        tiny(R"(,"text":"t","metadata":{"service_name":"n","service_version":"2"})"));
    ASSERT_TRUE(metadata);
    EXPECT_EQ(metadata->header.metadata.environment, quipu::Environment::production);
    const auto retyped = quipu::decode<Events>(tiny(R"(,"text":"t","event_type":"everything")"));
    ASSERT_FALSE(retyped);
    EXPECT_EQ(retyped.error().list.front().location.front(),
              quipu::Fault::Step{std::string("everything")});
}

TEST(Decode, ReportsEveryFaultInTheOrderOfTheFields) {
    const auto event = quipu::decode<Events>(
        R"({"count":"many","timestamp":"soon","event_type":"tiny","metadata":{"environment":1},)"
        R"("event_id":5})");
    ASSERT_FALSE(event);
    EXPECT_EQ(kinds(event.error()),
              "string_type/tiny/event_id datetime_from_date_parsing/tiny/timestamp "
              "missing/tiny/metadata/service_name missing/tiny/metadata/service_version "
              "enum/tiny/metadata/environment missing/tiny/text int_parsing/tiny/count");
    EXPECT_THAT(event.error().summary(),
                testing::HasSubstr("tiny.metadata.service_name: field required; "));
}

TEST(Decode, NeverRepeatsThePayload) {
    const auto event =
        quipu::decode<Events>(tiny(R"(,"text":{"secret":"hunter2"},"count":"hunter2")"));
    ASSERT_FALSE(event);
    EXPECT_THAT(event.error().summary(), testing::Not(testing::HasSubstr("hunter2")));
}

TEST(Decode, StopsAtMaxFaults) {
    quipu::DecodeOptions options;
    options.max_faults = 2;
    EXPECT_EQ(faults_of<std::decay_t<everything::Everything>>("{}", options),
              "missing/flag missing/tiny");
    options.max_faults = 0;
    EXPECT_EQ(faults_of<Tiny>("{}", options), "missing/text");
}

TEST(Decode, KeepsUnknownFields) {
    const auto text =
        tiny(R"(,"text":"t","count":1,"x": [1, 2.50 ,"a b"],"y":NaN,"x2":{"a":1,"a":2})");
    const auto kept = decode_as<Tiny>(text);
    ASSERT_TRUE(kept);
    ASSERT_EQ(kept->unknown.fields.size(), 3U);
    EXPECT_EQ(*kept->unknown.find("x"), R"([1,2.50,"a b"])");
    EXPECT_EQ(*kept->unknown.find("y"), "null");
    EXPECT_EQ(*kept->unknown.find("x2"), R"({"a":1,"a":2})");
    EXPECT_THAT(*quipu::encode(*kept), testing::EndsWith(R"("count":1,"x":[1,2.50,"a b"],)"
                                                         R"("y":null,"x2":{"a":1,"a":2}})"));
    quipu::DecodeOptions options;
    options.keep_unknown = false;
    const auto dropped = decode_as<Tiny>(text, options);
    ASSERT_TRUE(dropped);
    EXPECT_TRUE(dropped->unknown.fields.empty());
}

TEST(Decode, LastOfRepeatedUnknownNamesCountsAtTheFirstPlace) {
    const auto event = decode_as<Tiny>(tiny(R"(,"a":1,"text":"t","b":2,"\u0061":3)"));
    ASSERT_TRUE(event);
    const std::vector<std::pair<std::string, std::string>> expected{{"a", "3"}, {"b", "2"}};
    EXPECT_EQ(event->unknown.fields, expected);
    // The same when a fault in between makes the decoder read with care.
    const auto again = decode_as<Tiny>(tiny(R"(,"a":1,"text":1,"b":2,"a":3,"text":"t")"));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->unknown.fields, expected);
}

TEST(Decode, ReturnsAnUnknownTypeUnchanged) {
    const std::string text = R"({ "event_type" : "from_the_future", "x":[1 , 2] })";
    const auto event = quipu::decode<Events>(text);
    ASSERT_TRUE(event);
    const auto& unknown = std::get<quipu::Unknown>(*event);
    EXPECT_EQ(unknown.event_type, "from_the_future");
    EXPECT_EQ(unknown.raw, text);
    // But only when it is JSON.
    EXPECT_EQ(kinds(quipu::decode<Events>(R"({"event_type":"from_the_future","x":[1,]})").error()),
              "json_invalid");
    quipu::DecodeOptions options;
    options.allow_unknown_types = false;
    const auto refused = quipu::decode<Events>(R"({"event_type":"tinny"})", options);
    ASSERT_FALSE(refused);
    EXPECT_EQ(kinds(refused.error()), "union_tag_invalid");
    EXPECT_THAT(refused.error().summary(), testing::HasSubstr("tiny"));
}

TEST(Decode, RejectsTextThatIsNotAnEvent) {
    const auto refusal = [](std::string_view text) {
        const auto event = quipu::decode<Events>(text);
        return event ? std::string("taken") : kinds(event.error());
    };
    EXPECT_EQ(refusal("[]"), "dict_type");
    EXPECT_EQ(refusal("null"), "dict_type");
    EXPECT_EQ(refusal("\"x\""), "dict_type");
    EXPECT_EQ(refusal("{}"), "union_tag_not_found");
    EXPECT_EQ(refusal(R"({"event_type":null})"), "union_tag_invalid");
    EXPECT_EQ(refusal(R"({"event_type":["tiny"]})"), "union_tag_invalid");
    EXPECT_EQ(refusal(""), "json_invalid");
    EXPECT_EQ(faults_of<Tiny>("[]"), "dataclass_type");
    const auto other = decode_as<everything::Everything>(tiny());
    ASSERT_FALSE(other);
    EXPECT_EQ(kinds(other.error()), "union_tag_invalid");
}

struct Presences {
    std::string required;
    std::optional<std::string> nullable = {};
    quipu::Default<std::int64_t> defaulted = 5;
    quipu::Nullable<std::int64_t> told;
    quipu::Omittable<std::int64_t> omittable = {};
    quipu::Default<std::optional<std::int64_t>> both = std::optional<std::int64_t>(3);
};

TEST(Decode, AbsentAndNullAreDistinguished) {
    auto read = from_json<Presences>(R"({"required":"r","told":null})");
    ASSERT_TRUE(read) << read.error().summary();
    EXPECT_EQ(read->nullable, std::nullopt);
    EXPECT_EQ(read->defaulted, 5);
    EXPECT_EQ(read->told, std::nullopt);
    EXPECT_EQ(read->omittable, std::nullopt);
    EXPECT_EQ(read->both.value_or(0), 3);
    EXPECT_EQ(*quipu::to_json(*read),
              R"({"required":"r","nullable":null,"defaulted":5,"told":null,"both":3})");

    EXPECT_EQ(faults_of<Presences>("{}"), "missing/required missing/told");
    EXPECT_EQ(faults_of<Presences>(R"({"required":null,"nullable":null,"defaulted":null,)"
                                   R"("told":null,"omittable":null,"both":null})"),
              "string_type/required int_type/defaulted int_type/omittable");

    read = from_json<Presences>(
        R"({"required":"r","nullable":"n","defaulted":1,"told":2,"omittable":3,"both":null})");
    ASSERT_TRUE(read);
    EXPECT_FALSE(read->both.has_value());
    EXPECT_EQ(*quipu::to_json(*read), R"({"required":"r","nullable":"n","defaulted":1,"told":2,)"
                                      R"("omittable":3,"both":null})");
}

struct Numbers {
    quipu::Default<std::int8_t> i8 = std::int8_t{0};
    quipu::Default<std::uint8_t> u8 = std::uint8_t{0};
    quipu::Default<std::int64_t> i64 = 0;
    quipu::Default<std::uint64_t> u64 = 0U;
    quipu::Default<double> real = 0.0;
    quipu::Default<bool> flag = false;
};

TEST(Decode, ChecksTheRangeOfEveryIntegerSize) {
    EXPECT_EQ(faults_of<Numbers>(R"({"i8":127,"u8":255,"i64":9223372036854775807,)"
                                 R"("u64":18446744073709551615})"),
              "");
    EXPECT_EQ(faults_of<Numbers>(R"({"i8":-128,"u8":0,"i64":-9223372036854775808,"u64":0})"), "");
    EXPECT_EQ(faults_of<Numbers>(R"({"i8":128,"u8":256,"i64":9223372036854775808,)"
                                 R"("u64":18446744073709551616})"),
              "int_parsing_size/i8 int_parsing_size/u8 int_parsing_size/i64 int_parsing_size/u64");
    EXPECT_EQ(faults_of<Numbers>(R"({"i8":-129,"u8":-1,"i64":-9223372036854775809,"u64":"-1"})"),
              "int_parsing_size/i8 int_parsing_size/u8 int_parsing_size/i64 int_parsing_size/u64");
    const auto read = from_json<Numbers>(R"({"i8":"-1_2.0","u8":2e2,"i64":" +7 ","u64":true})");
    ASSERT_TRUE(read) << read.error().summary();
    EXPECT_EQ(read->i8, -12);
    EXPECT_EQ(read->u8, 200);
    EXPECT_EQ(read->i64, 7);
    EXPECT_EQ(read->u64, 1U);
}

TEST(Decode, StrictModeConvertsNothing) {
    quipu::DecodeOptions strict;
    strict.strict = true;
    EXPECT_EQ(faults_of<Numbers>(R"({"i64":5,"real":5,"flag":true})", strict), "");
    EXPECT_EQ(faults_of<Numbers>(R"({"i8":5.0,"i64":"5","u64":true,"real":"1","flag":1})", strict),
              "int_type/i8 int_type/i64 int_type/u64 float_type/real bool_type/flag");
    struct When {
        quipu::Time at;
    };
    EXPECT_EQ(faults_of<When>(R"({"at":"2026-01-02T03:04:05Z"})", strict), "");
    EXPECT_EQ(faults_of<When>(R"({"at":"2026-01-02"})", strict), "datetime_parsing/at");
    EXPECT_EQ(faults_of<When>(R"({"at":1767323045})", strict), "datetime_type/at");
}

struct Nested {
    std::vector<everything::Point> points;
    std::map<std::string, everything::Point> named;
    quipu::Default<Color> color = Color::default_;
};

TEST(Decode, LocatesFaultsInListsAndMaps) {
    EXPECT_EQ(faults_of<Nested>(R"({"points":[{"x":1},{"x":"a","y":null},5],)"
                                R"("named":{"k":{},"l":{"x":1}},"color":"DEFAULT"})"),
              "float_parsing/points/1/x float_type/points/1/y dataclass_type/points/2 "
              "missing/named/k/x enum/color");
    const auto read = from_json<Nested>(
        R"({"points":[],"named":{"k":{"x":1,"y":2},"k":{"x":3}},"color":"default"})");
    ASSERT_TRUE(read) << read.error().summary();
    EXPECT_EQ(read->named.at("k").x, 3.0);
    EXPECT_EQ(read->named.at("k").y, 2.5);
    EXPECT_EQ(read->color, Color::default_);
    EXPECT_EQ(faults_of<Nested>(R"({"points":{},"named":[],"color":3})"),
              "list_type/points dict_type/named enum/color");
}

TEST(Decode, ChecksNamesOfEventTypes) {
    struct Named {
        quipu::EventTypeName type;
    };
    EXPECT_EQ(faults_of<Named>(R"({"type":"any_topic.name-1"})"), "");
    EXPECT_EQ(faults_of<Named>(R"({"type":"no topic"})"), "enum/type");
    EXPECT_EQ(faults_of<Named>(R"({"type":1})"), "enum/type");
    everything::Random random(1);
    auto event = random.event();
    event->other = "tiny";
    EXPECT_TRUE(quipu::decode<Events>(*quipu::encode(event)));
    event->other = "user_login";
    const auto refused = quipu::decode<Events>(*quipu::encode(event));
    ASSERT_FALSE(refused);
    EXPECT_EQ(kinds(refused.error()), "enum/everything/other");
    EXPECT_TRUE(decode_as<everything::Everything>(*quipu::encode(event)));
}

TEST(Decode, WritesValuesOfAnyTypeInTheirCanonicalForm) {
    struct Any {
        quipu::Json value;
        quipu::Extra rest = {};
    };
    const auto read = from_json<Any>(
        R"({"value": { "b" : [ 1.50 , -0 , 1e2, "\u00e9\/" ] , "a":1, "b":NaN }, "z": 1e-7 })");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->value.text, R"({"b":null,"a":1})");
    EXPECT_EQ(*read->rest.find("z"), "1e-7");
    EXPECT_EQ(
        from_json<Any>(R"({"value":[1.50,-0,1e2,"\u00e9\/",123456789012345678901]})")->value.text,
        "[1.5,0,100.0,\"é/\",123456789012345678901]");
}

}  // namespace
