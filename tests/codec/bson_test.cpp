// SPDX-License-Identifier: Apache-2.0
#include <bson/bson.h>
#include <gmock/gmock.h>
#include <simdjson.h>

#include <chrono>

#include "codec/everything.hpp"
#include "quipu/codec/bson.hpp"
#include "quipu/codec/bson_encoder.hpp"

namespace {

using everything::Events;
using everything::Random;

/// libbson's view of a document.
std::string extended_json(const std::string& document) {
    bson_t bson;
    if (!bson_init_static(&bson, reinterpret_cast<const std::uint8_t*>(document.data()),
                          document.size())) {
        return "not BSON";
    }
    char* text = bson_as_canonical_extended_json(&bson, nullptr);
    std::string out = text;
    bson_free(text);
    // Versions of libbson differ in how they print an empty list.
    for (std::size_t at = 0; (at = out.find("[  ]", at)) != std::string::npos;) {
        out.replace(at, 4, "[ ]");
    }
    return out;
}

bool valid(const std::string& document) {
    bson_t bson;
    return bson_init_static(&bson, reinterpret_cast<const std::uint8_t*>(document.data()),
                            document.size()) &&
           bson_validate(&bson,
                         static_cast<bson_validate_flags_t>(
                             BSON_VALIDATE_UTF8 | BSON_VALIDATE_UTF8_ALLOW_NULL |
                             BSON_VALIDATE_DOLLAR_KEYS | BSON_VALIDATE_DOT_KEYS),
                         nullptr);
}

struct Part {
    std::int64_t number;
    quipu::Default<std::vector<std::string>> words = {};
};
enum class Colour { red, green };
struct Sample {
    static constexpr std::string_view event_type = "sample";
    bool flag;
    std::int8_t tiny;
    std::uint64_t huge;
    double real;
    std::string text;
    quipu::Time when;
    Colour colour;
    Part part;
    std::vector<Part> parts;
    std::map<std::string, double> map;
    quipu::Json any;
    std::optional<std::string> perhaps = {};
    quipu::Omittable<std::string> hint = {};
};
using Samples = quipu::Catalogue<Sample>;

TEST(Bson, DocumentIsReadableByLibbson) {
    const std::string json =
        R"({"event_id":"e-1","event_type":"sample","timestamp":"2026-01-02T03:04:05.678901Z",)"
        R"("metadata":{"service_name":"s","service_version":"1"},"flag":true,"tiny":-8,)"
        R"("huge":18446744073709551615,"real":1.5,"text":"\u00e4\n",)"
        R"("when":"1969-12-31T23:59:59.9999Z",)"
        R"("colour":"green","part":{"number":9007199254740993},)"
        R"("parts":[{"number":1,"words":["a"]}],)"
        R"("map":{"a.b":1,"$c":2},"any":{"x":[1,2.5,null,{"x":1,"x":"y"}]},"more":[true]})";
    EXPECT_EQ(
        extended_json(quipu::event_document(Samples::types(), json)),
        R"({ "event_id" : "e-1", "event_type" : "sample", "event_version" : "1.0", )"
        R"("timestamp" : { "$date" : { "$numberLong" : "1767323045678" } }, )"
        R"("aggregate_id" : null, "metadata" : { "service_name" : "s", "service_version" : "1", )"
        R"("environment" : "production" }, "payload" : { "flag" : true, )"
        R"("tiny" : { "$numberLong" : "-8" }, )"
        R"("huge" : { "$numberDouble" : "18446744073709551616.0" }, )"
        R"("real" : { "$numberDouble" : "1.5" }, "text" : "ä\n", )"
        R"("when" : { "$date" : { "$numberLong" : "-1" } }, "colour" : "green", )"
        R"("part" : { "number" : { "$numberLong" : "9007199254740993" }, "words" : [ ] }, )"
        R"("parts" : [ { "number" : { "$numberLong" : "1" }, "words" : [ "a" ] } ], )"
        R"("map" : { "＄c" : { "$numberDouble" : "2.0" }, "a．b" : { "$numberDouble" : "1.0" } }, )"
        R"("any" : { "x" : [ { "$numberLong" : "1" }, { "$numberDouble" : "2.5" }, null, )"
        R"({ "x" : "y" } ] }, "perhaps" : null, "more" : [ true ] } })");
}

TEST(Bson, InvalidEventGivesNoDocument) {
    for (const char* json :
         {"", "{}", "[]", "{\"event_type\":\"other\"}", R"({"event_type":"sample"})"}) {
        EXPECT_EQ(quipu::event_document(Samples::types(), json), "") << json;
    }
}

TEST(Bson, NamesAreEscapedForDatabases) {
    EXPECT_EQ(quipu::codec::bson_name("a.b$"), "a．b$");
    EXPECT_EQ(quipu::codec::bson_name("$a"), "＄a");
    EXPECT_EQ(quipu::codec::bson_name(std::string("a\0b", 3)), "a␀b");
    EXPECT_EQ(quipu::codec::bson_name(""), "");
}

void expect_same(simdjson::dom::element json, bson_iter_t& at, const std::string& path);

/// Every field of `json` stands in the document at `at` under its name, and nothing else does.
void expect_fields(simdjson::dom::object json, bson_iter_t& at, const std::string& path) {
    bson_iter_t inside;
    ASSERT_TRUE(bson_iter_recurse(&at, &inside)) << path;
    std::size_t count = 0;
    while (bson_iter_next(&inside)) ++count;
    EXPECT_EQ(count, json.size()) << path;
    for (const auto [name, value] : json) {
        ASSERT_TRUE(bson_iter_recurse(&at, &inside));
        const std::string key = quipu::codec::bson_name(name);
        ASSERT_TRUE(bson_iter_find(&inside, key.c_str())) << path << "." << key;
        expect_same(value, inside, path + "." + key);
    }
}

void expect_text(std::string_view text, bson_iter_t& at, const std::string& path) {
    if (BSON_ITER_HOLDS_DATE_TIME(&at)) {
        const auto time = quipu::parse_time(text);
        ASSERT_TRUE(time) << path;
        EXPECT_EQ(bson_iter_date_time(&at),
                  std::chrono::floor<std::chrono::milliseconds>(*time).time_since_epoch().count());
        return;
    }
    ASSERT_TRUE(BSON_ITER_HOLDS_UTF8(&at)) << path;
    std::uint32_t size = 0;
    const char* stored = bson_iter_utf8(&at, &size);
    EXPECT_EQ(std::string_view(stored, size), text) << path;
}

void expect_same(simdjson::dom::element json, bson_iter_t& at, const std::string& path) {
    using simdjson::dom::element_type;
    switch (json.type()) {
        case element_type::OBJECT: expect_fields(json.get_object().value(), at, path); break;
        case element_type::ARRAY: {
            bson_iter_t inside;
            ASSERT_TRUE(bson_iter_recurse(&at, &inside)) << path;
            const simdjson::dom::array items = json.get_array().value();
            for (const auto item : items) {
                ASSERT_TRUE(bson_iter_next(&inside)) << path;
                expect_same(item, inside, path + "[]");
            }
            EXPECT_FALSE(bson_iter_next(&inside)) << path;
            break;
        }
        case element_type::STRING: expect_text(json.get_string().value(), at, path); break;
        case element_type::INT64:
            EXPECT_EQ(bson_iter_as_int64(&at), json.get_int64().value()) << path;
            break;
        case element_type::UINT64:
        case element_type::DOUBLE:
            EXPECT_EQ(bson_iter_as_double(&at), json.get_double().value()) << path;
            break;
        case element_type::BOOL: EXPECT_EQ(bson_iter_bool(&at), json.get_bool().value()); break;
        case element_type::NULL_VALUE: EXPECT_TRUE(BSON_ITER_HOLDS_NULL(&at)) << path; break;
    }
}

TEST(Bson, HoldsEveryFieldOfRandomEvents) {
    Random random(21);
    simdjson::dom::parser parser;
    for (int i = 0; i < 1000 && !testing::Test::HasFailure(); ++i) {
        const auto event = random.event();
        const auto text = quipu::encode(event);
        ASSERT_TRUE(text);
        const std::string document = quipu::event_document(Events::types(), *text);
        ASSERT_TRUE(valid(document)) << *text;
        simdjson::dom::object json;
        if (parser.parse(*text).get_object().get(json) != simdjson::SUCCESS) continue;
        bson_iter_t payload;
        ASSERT_TRUE(bson_iter_init_from_data(
            &payload, reinterpret_cast<const std::uint8_t*>(document.data()), document.size()));
        ASSERT_TRUE(bson_iter_find(&payload, "payload"));
        for (const char* name :
             {"flag", "tiny", "large", "huge", "real", "text", "when", "color", "point", "words",
              "points", "holes", "counts", "routes", "perhaps", "where", "told"}) {
            bson_iter_t inside;
            ASSERT_TRUE(bson_iter_recurse(&payload, &inside));
            ASSERT_TRUE(bson_iter_find(&inside, name)) << name;
            expect_same(json[name].value(), inside, name);
        }
    }
}

}  // namespace
