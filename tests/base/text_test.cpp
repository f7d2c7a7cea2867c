// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "quipu/base/text.hpp"

namespace {

TEST(Utf8, DistinguishesValidFromInvalid) {
    for (const char* good : {"", "a", "\x7f", "é", "日本", "🎉", "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBF",
                             "\xED\x9F\xBF", "\xEE\x80\x80"}) {
        EXPECT_TRUE(quipu::is_valid_utf8(good)) << good;
        EXPECT_EQ(quipu::to_valid_utf8(good), good);
    }
    for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                            "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
        EXPECT_FALSE(quipu::is_valid_utf8(bad));
        EXPECT_TRUE(quipu::is_valid_utf8(quipu::to_valid_utf8(bad)));
    }
}

TEST(Utf8, ReplacesTheLongestBrokenPrefixByOneCharacter) {
    EXPECT_EQ(quipu::to_valid_utf8("a\xE2\x82z"), "a\xEF\xBF\xBDz");
    EXPECT_EQ(quipu::to_valid_utf8("\xF0\x9F\x8E"), "\xEF\xBF\xBD");
    EXPECT_EQ(quipu::to_valid_utf8("\xFF\xFE"), "\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(quipu::to_valid_utf8("\xC3\xA9\xC3"), "é\xEF\xBF\xBD");
}

}  // namespace
