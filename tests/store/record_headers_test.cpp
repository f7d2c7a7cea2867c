// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/record_headers.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quipu {
namespace {

using testing::ElementsAre;
using testing::Pair;

static_assert(std::forward_iterator<RecordHeaders::const_iterator>);
static_assert(std::ranges::forward_range<RecordHeaders>);

std::string random_bytes(std::mt19937& random, std::size_t most) {
    std::string bytes(random() % (most + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

TEST(RecordHeaders, NoHeadersHaveNoBytes) {
    const RecordHeaders none;
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none.begin(), none.end());
    EXPECT_EQ(none.find(""), std::nullopt);
    EXPECT_EQ(none.bytes(), "");
}

TEST(RecordHeaders, KeepOrderRepetitionsAndEmptyOnes) {
    RecordHeaders headers{{"x", "first"}, {"", "no name"}};
    headers.add("x", "second");
    headers.add("empty", "");
    EXPECT_EQ(headers.size(), 4U);
    EXPECT_THAT(headers, ElementsAre(Pair("x", "first"), Pair("", "no name"), Pair("x", "second"),
                                     Pair("empty", "")));
    EXPECT_EQ(headers.find("x"), "second");
    EXPECT_EQ(headers.find(""), "no name");
    EXPECT_EQ(headers.find("empty"), "");
    EXPECT_EQ(headers.find("y"), std::nullopt);
}

TEST(RecordHeaders, AreEqualWhenNamesValuesAndOrderAre) {
    const RecordHeaders headers{{"a", "1"}, {"b", "2"}};
    EXPECT_EQ(headers, (RecordHeaders{{"a", "1"}, {"b", "2"}}));
    EXPECT_NE(headers, (RecordHeaders{{"b", "2"}, {"a", "1"}}));
    EXPECT_NE(headers, (RecordHeaders{{"a", "1"}}));
    EXPECT_NE((RecordHeaders{{"ab", "c"}}), (RecordHeaders{{"a", "bc"}}));
}

// The lengths are those at which a length takes one byte more.
TEST(RecordHeaders, AcceptBytesOfAnyLength) {
    for (const std::size_t size : {0U, 1U, 127U, 128U, 16'383U, 16'384U, 3'000'000U}) {
        const std::string name(size, 'n');
        const std::string value(size, '\0');
        const RecordHeaders headers{{name, value}, {"last", "\xff"}};
        EXPECT_TRUE(std::ranges::equal(
            headers, std::vector<RecordHeaders::value_type>{{name, value}, {"last", "\xff"}}))
            << size;
    }
}

// What a full block holds is added to it: its memory must last until that is copied.
TEST(RecordHeaders, MayBeAddedToThemselves) {
    RecordHeaders headers{{"name", "value"}};
    RecordHeaders wanted{{"name", "value"}};
    for (int round = 0; round < 12; ++round) {
        RecordHeaders full = headers;  // a copy has no room to spare
        full.add(full.begin()->second, full.bytes());
        wanted.add(wanted.begin()->second, headers.bytes());
        ASSERT_EQ(full, wanted);
        headers.add(headers.begin()->second, headers.bytes());
        ASSERT_EQ(headers, wanted);
    }
}

// Files hold these bytes.
TEST(RecordHeaders, StoredFormIsUnchanged) {
    const std::string value(130, 'v');
    const RecordHeaders headers{{"x", "first"}, {"", value}};
    EXPECT_EQ(headers.bytes(), std::string("\1x\5first\0\x82\1", 11) + value);
}

TEST(RecordHeaders, RoundTripThroughBytes) {
    std::mt19937 random(7);
    for (int round = 0; round < 500; ++round) {
        std::vector<std::pair<std::string, std::string>> wanted(random() % 6);
        RecordHeaders headers;
        std::set<std::size_t> ends{0};
        for (auto& [name, value] : wanted) {
            name = random_bytes(random, 40);
            value = random_bytes(random, 300);
            headers.add(name, value);
            ends.insert(headers.bytes().size());
        }
        ASSERT_TRUE(std::ranges::equal(
            headers, wanted, [](const RecordHeaders::value_type& header, const auto& each) {
                return header == RecordHeaders::value_type(each.first, each.second);
            }));
        const std::string bytes = headers.bytes();
        ASSERT_EQ(RecordHeaders::from_bytes(bytes), headers);
        // A part of them is headers only where it ends with one.
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            ASSERT_EQ(RecordHeaders::from_bytes(bytes.substr(0, size)).has_value(),
                      ends.contains(size));
        }
    }
}

TEST(RecordHeaders, MalformedBytesAreRejected) {
    EXPECT_EQ(RecordHeaders::from_bytes("\x01"), std::nullopt);
    EXPECT_EQ(RecordHeaders::from_bytes(std::string(11, '\xff')), std::nullopt);
    std::mt19937 random(8);
    for (int round = 0; round < 20'000; ++round) {
        const std::string bytes = random_bytes(random, 24);
        const auto headers = RecordHeaders::from_bytes(bytes);
        if (!headers) continue;
        // What was taken can be walked through, and stays within the bytes.
        std::size_t seen = 0;
        for (const auto& [name, value] : *headers) seen += name.size() + value.size();
        ASSERT_LE(seen, bytes.size());
    }
}

}  // namespace
}  // namespace quipu
