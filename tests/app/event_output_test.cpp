// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/commands/event_output.hpp"

#include <gmock/gmock.h>

#include "quipu/base/base64.hpp"
#include "quipu/codec/json.hpp"

namespace quipu {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string shown(std::string body) {
    Record record;
    record.body = std::move(body);
    auto text = to_json(view_of(record));
    EXPECT_TRUE(text) << text.error().message;
    return text.value_or("");
}

TEST(EventView, ShowsJsonWithoutWhiteSpace) {
    const std::string text = shown("{ \"a\" : [1, \" \"] }\n");
    EXPECT_THAT(text, HasSubstr(R"("event":{"a":[1," "]})"));
    EXPECT_THAT(text, Not(HasSubstr("body_base64")));
}

TEST(EventView, ShowsBodiesThatAreNotJsonAsBase64) {
    for (const std::string body : {"", "no JSON", "{'a':1}", "{} {}", "\"\xff\"", "[1", "\0"}) {
        const std::string text = shown(body);
        EXPECT_THAT(text, HasSubstr(R"("event":null,"body_base64":")" + to_base64(body)));
    }
}

TEST(EventView, ShowsKeysThatAreNotUtf8AsBase64) {
    Record record;
    record.body = "{}";
    for (const std::string& key : {std::string("\0\0\0\xc8", 4), std::string("M\xfcller")}) {
        record.key = key;
        EXPECT_THAT(*to_json(view_of(record)),
                    HasSubstr(R"("key_base64":")" + to_base64(key) + '"'));
    }
    record.key = "M\xc3\xbcller";
    EXPECT_THAT(*to_json(view_of(record)), Not(HasSubstr("key_base64")));
}

TEST(EventView, TellsNullHeadersFromEmptyOnes) {
    Record record;
    record.body = "{}";
    record.headers.add("null", {});
    record.headers.add("empty", "");
    record.headers.add("bytes", "\xff");
    EXPECT_THAT(*to_json(view_of(record)),
                HasSubstr(R"([{"name":"null","value":null},{"name":"empty","value":""},)"
                          R"({"name":"bytes","value":")"
                          "\xef\xbf\xbd"
                          R"(","value_base64":"/w=="}])"));
}

}  // namespace
}  // namespace quipu
