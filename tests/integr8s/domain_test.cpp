// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <string>

#include "integr8s/domain/output.hpp"
#include "integr8s/domain/quantity.hpp"
#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"

namespace integr8s {
namespace {

using ::testing::HasSubstr;

TEST(Quantity, ReadsTheNotationOfKubernetes) {
    EXPECT_EQ(parse_memory("128Mi"), 128 * 1024 * 1024);
    EXPECT_EQ(parse_memory("1Gi"), 1024 * 1024 * 1024);
    EXPECT_EQ(parse_memory("500M"), 500'000'000);
    EXPECT_EQ(parse_memory("4096"), 4096);
    EXPECT_EQ(parse_cpu("250m"), 250);
    EXPECT_EQ(parse_cpu("2"), 2000);
    EXPECT_EQ(memory_text(128 * 1024 * 1024), "128Mi");
    EXPECT_EQ(memory_text(1000), "1000");
    EXPECT_EQ(cpu_text(200), "200m");
}

TEST(Quantity, RefusesOtherTextAndNamesIt) {
    for (const char* text : {"", "Mi", "-1Mi", "0", "1.5Gi", "1 Mi", "1Xi", "9223372036854775807Ti",
                             "99999999999999999999"}) {
        const auto parsed = parse_memory(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_THAT(parsed.error().message, HasSubstr("'" + std::string(text) + "'"));
    }
    EXPECT_FALSE(parse_cpu("100Mi"));
}

TEST(EventOutput, KeepsOutputsThatFit) {
    const EventOutput output = event_output("out", "err", 6);
    EXPECT_EQ(output.stdout_text, "out");
    EXPECT_EQ(output.stderr_text, "err");
    EXPECT_FALSE(output.truncated);
}

TEST(EventOutput, TruncatesTheLongerOneFirst) {
    EventOutput output = event_output(std::string(100, 'a'), "error", 20);
    EXPECT_EQ(output.stdout_text, std::string(15, 'a'));
    EXPECT_EQ(output.stderr_text, "error");
    EXPECT_TRUE(output.truncated);
    output = event_output("hello", std::string(100, 'b'), 20);
    EXPECT_EQ(output.stdout_text, "hello");
    EXPECT_EQ(output.stderr_text, std::string(15, 'b'));
    output = event_output(std::string(100, 'a'), std::string(100, 'b'), 20);
    EXPECT_EQ(output.stdout_text.size(), 10U);
    EXPECT_EQ(output.stderr_text.size(), 10U);
}

TEST(EventOutput, StaysInItsBudgetAndWithinCharacters) {
    const std::string mixed = "a\n\xc3\xa4\x01\xe2\x82\xac\"\xf0\x9f\x98\x80\xff";
    std::string text;
    for (int round = 0; round < 40; ++round) text += mixed;
    for (std::size_t budget = 0; budget < 300; ++budget) {
        const EventOutput output = event_output(text, text, budget);
        EXPECT_TRUE(quipu::is_valid_utf8(output.stdout_text)) << budget;
        EXPECT_TRUE(quipu::is_valid_utf8(output.stderr_text)) << budget;
        std::string json;
        quipu::append_json_string(json, output.stdout_text);
        quipu::append_json_string(json, output.stderr_text);
        EXPECT_LE(json.size(), budget + 4) << budget;
        EXPECT_TRUE(output.truncated);
    }
}

TEST(EventOutput, CountsBytesLikeTheCodec) {
    std::string text;
    for (int value = 0; value < 128; ++value) text += static_cast<char>(value);
    text += "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
    std::string json;
    quipu::append_json_string(json, text);
    EXPECT_EQ(json_bytes(text) + 2, json.size());
}

}  // namespace
}  // namespace integr8s
