// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <simdjson.h>

#include "codec/everything.hpp"
#include "quipu/base/text.hpp"

namespace {

using everything::Events;
using everything::Everything;
using everything::Random;

TEST(Property, EncodedEventsDecodeEqual) {
    Random random(11);
    for (int i = 0; i < 3000; ++i) {
        const auto event = random.event();
        const auto text = quipu::encode(event);
        ASSERT_TRUE(text) << text.error().message;
        const auto read = quipu::decode<Events>(*text);
        ASSERT_TRUE(read) << read.error().summary();
        const auto& back = std::get<quipu::Event<Everything>>(*read);
        ASSERT_EQ(back.data, event.data) << *text;
        ASSERT_EQ(back.header.event_id, event.header.event_id);
        ASSERT_EQ(back.header.event_version, event.header.event_version);
        ASSERT_EQ(back.header.timestamp, event.header.timestamp);
        ASSERT_EQ(back.header.aggregate_id, event.header.aggregate_id);
        ASSERT_EQ(back.header.metadata.user_id, event.header.metadata.user_id);
        ASSERT_EQ(back.header.metadata.environment, event.header.metadata.environment);
        ASSERT_EQ(*quipu::encode(back), *text);
        quipu::DecodeOptions strict;
        strict.strict = true;
        ASSERT_TRUE(quipu::decode<Events>(*text, strict));
    }
}

/// Splits the fields of an object that has no text with braces or commas at its top level.
/// One for all, as simdjson advises. Its parts are made inside of the shared library, whose delete
/// AddressSanitizer does not see; so it is never destroyed.
simdjson::dom::parser& the_parser() {
    static auto& parser = *new simdjson::dom::parser;
    return parser;
}

std::vector<std::string> fields_of(const std::string& object) {
    std::vector<std::string> out;
    const simdjson::dom::object fields = the_parser().parse(object).get_object().value();
    for (const auto [key, value] : fields) {
        std::string field;
        quipu::append_json_string(field, key);
        out.push_back(field + ":" + simdjson::minify(value));
    }
    return out;
}

TEST(Property, FieldOrderDoesNotMatter) {
    Random random(12);
    for (int i = 0; i < 300; ++i) {
        auto event = random.event();
        event->real = 1.5;  // numbers as simdjson writes them are another matter
        event->point = {1.0, 2.0};
        event->points = {};
        event->routes = {};
        event->where = {};
        event->corner = {};
        event->any.text = "1";
        event->extra = {};
        event->huge = 5;
        auto fields = fields_of(*quipu::encode(event));
        for (std::size_t k = fields.size(); k > 1; --k) {
            std::swap(fields[k - 1], fields[random.below(k)]);
        }
        std::string text = "{";
        for (const std::string& field : fields) text += (text.size() > 1 ? "," : "") + field;
        text += "}";
        const auto read = quipu::decode<Events>(text);
        ASSERT_TRUE(read) << read.error().summary();
        ASSERT_EQ(std::get<quipu::Event<Everything>>(*read).data, event.data);
    }
}

/// What simdjson does not take or takes otherwise than RFC 8259 in strictness: literals for what is
/// no number, numbers outside double and 64-bit integers.
bool comparable(std::string_view text) {
    if (text.find("NaN") != std::string_view::npos ||
        text.find("Infinity") != std::string_view::npos) {
        return false;
    }
    std::size_t digits = 0;
    for (const char c : text) {
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        if (digits > 18) return false;
    }
    return text.find('e') == std::string_view::npos || true;
}

TEST(Property, AgreesWithSimdjsonOnWhatIsJson) {
    Random random(13);
    simdjson::dom::parser& parser = the_parser();
    std::size_t valid = 0;
    std::size_t invalid = 0;
    static constexpr std::string_view alphabet =
        "{}[]:,\"\\ntfu0123456789.-+eE \t\n\r\x01x\xC3\xA9\xFF";
    for (int i = 0; i < 60'000; ++i) {
        std::string text = everything::tiny(
            R"(,"text":")" + std::string(i % 3 == 0 ? "\\u00e9 \\ud83d\\ude00\\n" : "plain") +
            R"(","x":[1,-2.5e3,{"a":null,"b":[true,false,"s"]},{}],"count":12)");
        for (std::size_t n = random.below(3) + 1; n > 0; --n) {
            const std::size_t place = random.below(text.size());
            switch (random.below(4)) {
                case 0: text[place] = alphabet[random.below(alphabet.size())]; break;
                case 1: text.insert(place, 1, alphabet[random.below(alphabet.size())]); break;
                case 2: text.erase(place, random.below(4) + 1); break;
                default:
                    text[place] = static_cast<char>(text[place] ^ (1 << random.below(8)));
                    break;
            }
            if (text.empty()) text = " ";
        }
        if (!comparable(text)) continue;
        simdjson::dom::element element;
        const auto error = parser.parse(text).get(element);
        if (error == simdjson::NUMBER_ERROR && text.find_first_of("eE") != std::string::npos) {
            continue;  // an exponent too large for a double
        }
        const auto read = quipu::decode<Events>(text);
        const bool is_json = read || read.error().list.front().kind != "json_invalid";
        ASSERT_EQ(is_json, error == simdjson::SUCCESS)
            << testing::PrintToString(text) << simdjson::error_message(error);
        ++(is_json ? valid : invalid);
    }
    EXPECT_GT(valid, 1000U);
    EXPECT_GT(invalid, 1000U);
}

TEST(Property, RandomBytesAreRejectedSafely) {
    Random random(14);
    for (int i = 0; i < 20'000; ++i) {
        std::string text(random.below(200), ' ');
        for (char& c : text) c = static_cast<char>(random.bits());
        if (random.chance(50) && !text.empty()) text[0] = '{';
        EXPECT_FALSE(quipu::decode<Events>(text));
        const std::string good = quipu::to_valid_utf8(text);
        EXPECT_TRUE(quipu::is_valid_utf8(good));
        std::string quoted;
        quipu::append_json_string(quoted, text);
        simdjson::dom::parser& parser = the_parser();
        std::string_view back;
        ASSERT_EQ(parser.parse(quoted).get(back), simdjson::SUCCESS);
        ASSERT_EQ(back, good);
    }
}

TEST(Property, FaultyFieldDoesNotHideOtherFaults) {
    Random random(15);
    for (int i = 0; i < 500; ++i) {
        const std::string text = *quipu::encode(random.event());
        auto broken = text;
        broken.replace(broken.find("\"flag\":"), 7, "\"flag\":[],\"ignored\":");
        broken.replace(broken.find("\"narrow\":"), 9, "\"narrow\":7,\"dropped\":");
        const auto read = quipu::decode<Events>(broken);
        ASSERT_FALSE(read);
        ASSERT_EQ(read.error().list.size(), 2U) << read.error().summary();
        EXPECT_EQ(read.error().list[0].kind, "bool_type");
        EXPECT_EQ(read.error().list[1].kind, "enum");
    }
}

}  // namespace
