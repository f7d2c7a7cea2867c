// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/everything.hpp"

namespace {

using everything::Events;
using everything::Tiny;

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
    std::string out;
    for (std::size_t i = 0; i < depth; ++i) out += open;
    out += "1";
    for (std::size_t i = 0; i < depth; ++i) out += close;
    return out;
}

std::string kind_of(std::string_view text, const quipu::DecodeOptions& options = {}) {
    const auto event = quipu::decode<Events>(text, options);
    return event ? "" : event.error().list.front().kind;
}

TEST(Limits, DepthBeyondTheLimitIsRejected) {
    quipu::DecodeOptions wide;
    wide.max_bytes = 16U << 20U;
    for (const std::size_t depth : {1U, 2U, 62U, 63U}) {
        EXPECT_EQ(kind_of(everything::tiny(R"(,"text":"t","x":)" + nested(depth, "[", "]")), wide),
                  "");
        EXPECT_EQ(
            kind_of(everything::tiny(R"(,"text":"t","x":)" + nested(depth, R"({"a":)", "}")), wide),
            "");
    }
    for (const std::size_t depth : {64U, 65U, 200U, 1000U, 100'000U, 1'000'000U}) {
        for (const std::string& value : {nested(depth, "[", "]"), nested(depth, R"({"a":)", "}"),
                                         nested(depth, "[", ""), std::string(depth, '[')}) {
            EXPECT_EQ(kind_of(everything::tiny(R"(,"text":"t","x":)" + value), wide),
                      "recursion_limit");
            // Where a value is also cut short, either fault may be the one that is found first.
            EXPECT_THAT(kind_of(everything::tiny(R"(,"text":)" + value), wide),
                        testing::AnyOf("recursion_limit", "json_invalid"));
        }
        EXPECT_EQ(kind_of(std::string(depth + 1, '['), wide), "recursion_limit");
    }
}

TEST(Limits, DepthOfAStructThatContainsItself) {
    struct Root {
        everything::Tree tree;
    };
    quipu::DecodeOptions deep;
    deep.max_bytes = 64U << 20U;
    deep.max_depth = 1'000'000'000;
    const auto text = [](std::size_t depth) {
        std::string out = R"({"tree":)";
        for (std::size_t i = 0; i < depth; ++i) out += R"({"name":"n","children":[)";
        out += R"({"name":"leaf"})";
        for (std::size_t i = 0; i < depth; ++i) out += "]}";
        return out + "}";
    };
    EXPECT_TRUE(quipu::from_json<Root>(text(31)));
    EXPECT_FALSE(quipu::from_json<Root>(text(32)));
    EXPECT_TRUE(quipu::from_json<Root>(text(249), deep));
    for (const std::size_t depth : {250U, 1000U, 1'000'000U}) {
        const auto read = quipu::from_json<Root>(text(depth), deep);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().list.front().kind, "recursion_limit");
    }
    Root root;
    root.tree.name = "root";
    for (int i = 0; i < 1000; ++i) {
        everything::Tree above{"above", {}};
        above.children.push_back(std::move(root.tree));
        root.tree = std::move(above);
    }
    const auto written = quipu::to_json(root);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, quipu::ErrorCode::invalid);
}

TEST(Limits, LengthBeyondTheLimitIsRejected) {
    quipu::DecodeOptions options;
    const std::string text = everything::tiny();
    options.max_bytes = text.size();
    EXPECT_EQ(kind_of(text, options), "");
    options.max_bytes = text.size() - 1;
    EXPECT_EQ(kind_of(text, options), "too_long");
    EXPECT_EQ(kind_of(std::string(2U << 20U, ' ')), "too_long");
}

TEST(Limits, ManyUnknownFieldsTakeLinearTime) {
    std::string more = R"(,"text":"t")";
    for (int i = 0; i < 60'000; ++i) more += ",\"m" + std::to_string(i % 50'000) + "\":1";
    const auto event = quipu::decode_as<Tiny>(everything::tiny(more));
    ASSERT_TRUE(event) << event.error().summary();
    EXPECT_EQ(event->unknown.fields.size(), 50'000U);
}

TEST(Limits, BytesThatAreNotJsonAreRejected) {
    using namespace std::string_literals;
    const std::string good = everything::tiny();
    EXPECT_EQ(kind_of(good), "");
    for (const std::string& bad :
         {"\0"s, good + "\0"s, "\0"s + good, "\xEF\xBB\xBF"s + good, good + good, good + ",",
          good + "\v", "\f"s + good, "\xC2\xA0"s + good, good.substr(0, good.size() - 1),
          good.substr(1), ""s, " "s, "{"s, "}"s, "\""s, "{\"event_type\":\"tiny\""s, "nul"s}) {
        EXPECT_EQ(kind_of(bad), "json_invalid") << testing::PrintToString(bad);
    }
    for (const char* bad : {"01",
                            "-01",
                            "00",
                            "1.",
                            ".5",
                            "1.e5",
                            "1e",
                            "1e+",
                            "-",
                            "--1",
                            "+1",
                            "0x1",
                            "NaNa",
                            "nan",
                            "Inf",
                            "-NaN",
                            "tru",
                            "truex",
                            "True",
                            "nulll",
                            "'a'",
                            "\"\t\"",
                            "\"\n\"",
                            "\"\\x\"",
                            "\"\\u12\"",
                            "\"\\u12G4\"",
                            "\"\\ud800\"",
                            "\"\\udc00\"",
                            "\"\\ud800\\u0041\"",
                            "\"\\ud800\\n\"",
                            "\"\\ud800x\"",
                            "[1,]",
                            "[,1]",
                            "[1 2]",
                            "{\"a\":1,}",
                            "{\"a\" 1}",
                            "{a:1}",
                            "{\"a\":}",
                            "{,}",
                            "/**/1",
                            "\"\\\"",
                            "[1",
                            "{\"a\":1"}) {
        EXPECT_EQ(kind_of(everything::tiny(R"(,"text":"t","x":)" + std::string(bad))),
                  "json_invalid")
            << bad;
        EXPECT_EQ(kind_of(everything::tiny(R"(,"text":)" + std::string(bad))), "json_invalid")
            << bad;
    }
    for (const char* bytes : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xE2\x82", "\xF4\x90\x80\x80",
                              "\x80", "\xF8\x88\x80\x80\x80"}) {
        EXPECT_EQ(kind_of(everything::tiny(R"(,"text":")" + std::string(bytes) + "\"")),
                  "json_invalid");
    }
}

TEST(Limits, EveryPrefixOfATextIsRejected) {
    everything::Random random(3);
    for (int i = 0; i < 20; ++i) {
        const std::string text = *quipu::encode(random.event());
        for (std::size_t size = 0; size < text.size(); ++size) {
            // A copy of its own, so that the address sanitizer sees a read past the end.
            const std::vector<char> prefix(text.begin(),
                                           text.begin() + static_cast<std::ptrdiff_t>(size));
            ASSERT_EQ(kind_of({prefix.data(), prefix.size()}), "json_invalid") << size;
        }
    }
}

}  // namespace
