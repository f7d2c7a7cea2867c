// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/url.hpp"

#include <gtest/gtest.h>

namespace quipu {
namespace {

TEST(Url, DecodesEscapesOfEitherCase) {
    EXPECT_EQ(percent_decode("a%20b%2Fc%2f%C3%BC", false), "a b/c/\xC3\xBC");
    EXPECT_EQ(percent_decode("a+b", false), "a+b");
    EXPECT_EQ(percent_decode("a+b", true), "a b");
}

TEST(Url, RejectsMalformedEscapes) {
    for (const auto* text : {"%", "%2", "%2g", "%g2", "a%", "%%20", "% 20", "%-1", "%+1", "%0x"}) {
        const auto decoded = percent_decode(text, false);
        ASSERT_FALSE(decoded) << text;
        EXPECT_EQ(decoded.error().code, ErrorCode::invalid);
    }
}

TEST(Url, RejectsNulAndInvalidUtf8) {
    for (const auto* text : {"%00", "a%00b", "%80", "%C3", "%C0%AF", "%E0%80%80", "%ED%A0%80",
                             "%F4%90%80%80", "%F8%88%80%80%80", "%C3%28", "%E2%82"}) {
        EXPECT_FALSE(percent_decode(text, false)) << text;
    }
    for (const auto* text :
         {"%7F", "%C2%80", "%E0%A0%80", "%ED%9F%BF", "%F0%90%80%80", "%F4%8F%BF%BF"}) {
        EXPECT_TRUE(percent_decode(text, false)) << text;
    }
}

TEST(Url, EncodedTextDecodesToItself) {
    std::string all;
    for (char c = 1; c > 0 && c < 127; ++c) all += c;
    all += "\xC3\xBC\xE2\x82\xAC";
    EXPECT_EQ(percent_decode(percent_encode(all), true), all);
    EXPECT_EQ(percent_encode("a-b_c.d~e/f g"), "a-b_c.d~e%2Ff%20g");
}

TEST(Url, QueryKeepsOrderAndRepetition) {
    const auto params = parse_query("a=1&b=two+words&a=%26&c&=x&&d==", 10);
    ASSERT_TRUE(params);
    const std::vector<std::pair<std::string, std::string>> wanted{
        {"a", "1"}, {"b", "two words"}, {"a", "&"}, {"c", ""}, {"", "x"}, {"d", "="}};
    EXPECT_EQ(*params, wanted);
    EXPECT_TRUE(parse_query("", 0)->empty());
}

TEST(Url, QueryIsBoundedAndStrict) {
    EXPECT_TRUE(parse_query("a&b", 2));
    EXPECT_EQ(parse_query("a&b&c", 2).error().code, ErrorCode::limit);
    EXPECT_FALSE(parse_query("a=%zz", 10));
    EXPECT_FALSE(parse_query("%zz=1", 10));
}

}  // namespace
}  // namespace quipu
