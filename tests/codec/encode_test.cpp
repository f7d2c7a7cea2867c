// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>

#include "codec/everything.hpp"
#include "quipu/codec/number_text.hpp"

namespace {

using everything::Tiny;

quipu::Event<Tiny> small_event() {
    quipu::Event<Tiny> event;
    event.header.event_id = "i";
    event.header.timestamp = *quipu::parse_time("2026-01-02T03:04:05Z");
    event.header.metadata.service_name = "s";
    event.header.metadata.service_version = "1";
    event->text = "t";
    return event;
}

std::string text_of(double value) {
    std::string out;
    quipu::codec::append_double(out, value);
    return out;
}

TEST(Encode, WritesTheHeaderFirstAndFlat) {
    auto event = small_event();
    EXPECT_EQ(*quipu::encode(event),
              R"({"event_id":"i","event_type":"tiny","event_version":"1.0",)"
              R"("timestamp":"2026-01-02T03:04:05Z","aggregate_id":null,"metadata":)"
              R"({"service_name":"s","service_version":"1","environment":"production"},)"
              R"("text":"t","count":7})");
    event.header.metadata.user_id = "u";
    event.header.aggregate_id = "a";
    event.unknown.set("more", "[1]");
    EXPECT_EQ(*quipu::encode(event),
              R"({"event_id":"i","event_type":"tiny","event_version":"1.0",)"
              R"("timestamp":"2026-01-02T03:04:05Z","aggregate_id":"a","metadata":)"
              R"({"service_name":"s","service_version":"1","user_id":"u",)"
              R"("environment":"production"},"text":"t","count":7,"more":[1]})");
}

TEST(Encode, AppendsAndLeavesTheBufferAloneOnFailure) {
    auto event = small_event();
    std::string out = "before ";
    ASSERT_TRUE(quipu::encode(out, event));
    EXPECT_THAT(out, testing::StartsWith("before {\"event_id\""));
    EXPECT_EQ(out.back(), '}');
    out = "before";
    event->text = "a\xFFz";
    const auto failed = quipu::encode(out, event);
    ASSERT_FALSE(failed);
    EXPECT_EQ(out, "before");
    EXPECT_EQ(failed.error().code, quipu::ErrorCode::invalid);
    EXPECT_THAT(failed.error().message, testing::StartsWith("tiny: text: not valid UTF-8"));
}

TEST(Encode, ErrorsNameTheField) {
    const auto message = [](const auto& event) {
        const auto written = quipu::encode(event);
        return written ? std::string("written") : written.error().message;
    };
    auto event = small_event();
    event.header.event_id = "\x80";
    EXPECT_THAT(message(event), testing::StartsWith("tiny: event_id: not valid UTF-8"));
    event = small_event();
    event.header.metadata.environment = static_cast<quipu::Environment>(9);
    EXPECT_EQ(message(event), "tiny: metadata.environment: not one of the enumerators");
    event = small_event();
    event.unknown.set("x", "{bad");
    EXPECT_EQ(message(event), "tiny: (extra): not valid JSON");
    event = small_event();
    event.unknown.set("event_id", "1");
    EXPECT_THAT(message(event), testing::HasSubstr("(extra)"));
    event = small_event();
    event.unknown.set("\xC3", "1");
    EXPECT_THAT(message(event), testing::StartsWith("tiny: (extra): not valid UTF-8"));
    everything::Random random(1);
    auto all = random.event();
    all->any.text = "";
    EXPECT_EQ(message(all), "everything: any: not valid JSON");
    all = random.event();
    all->points.push_back({0, 0});
    all->color = static_cast<everything::Color>(17);
    EXPECT_EQ(message(all), "everything: color: not one of the enumerators");
}

TEST(Encode, EscapesAsSerdeJsonDoes) {
    const auto quoted = [](std::string_view text) {
        std::string out;
        quipu::append_json_string(out, text);
        return out;
    };
    EXPECT_EQ(quoted(""), "\"\"");
    EXPECT_EQ(quoted("/</script>\x7f"), "\"/</script>\x7f\"");
    EXPECT_EQ(quoted("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
    EXPECT_EQ(quoted(std::string_view("\0\x01\x1f", 3)), R"("\u0000\u0001\u001f")");
    EXPECT_EQ(quoted("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
    // A special character at every place of texts around the size of a block.
    for (std::size_t size = 0; size < 70; ++size) {
        std::string plain(size, 'x');
        EXPECT_EQ(quoted(plain), '"' + plain + '"');
        for (std::size_t place = 0; place < size; ++place) {
            std::string text = plain;
            text[place] = '\n';
            std::string expected = plain;
            expected.replace(place, 1, "\\n");
            ASSERT_EQ(quoted(text), '"' + expected + '"');
            text[place] = '\x1e';
            expected = plain;
            expected.replace(place, 1, "\\u001e");
            ASSERT_EQ(quoted(text), '"' + expected + '"');
        }
    }
}

TEST(Encode, WritesFloatsAsPydanticDoes) {
    EXPECT_EQ(text_of(0.0), "0.0");
    EXPECT_EQ(text_of(-0.0), "-0.0");
    EXPECT_EQ(text_of(1.0), "1.0");
    EXPECT_EQ(text_of(-1.5), "-1.5");
    EXPECT_EQ(text_of(0.1), "0.1");
    EXPECT_EQ(text_of(1e15), "1000000000000000.0");
    EXPECT_EQ(text_of(1e16), "1e+16");
    EXPECT_EQ(text_of(1.2345678901234568e16), "1.2345678901234568e+16");
    EXPECT_EQ(text_of(0.00001), "0.00001");
    EXPECT_EQ(text_of(0.0000123), "0.0000123");
    EXPECT_EQ(text_of(1e-6), "1e-6");
    EXPECT_EQ(text_of(1e-7), "1e-7");
    EXPECT_EQ(text_of(1.25e-6), "1.25e-6");
    EXPECT_EQ(text_of(123456789.125), "123456789.125");
    EXPECT_EQ(text_of(5e-324), "5e-324");
    EXPECT_EQ(text_of(1.7976931348623157e308), "1.7976931348623157e+308");
    EXPECT_EQ(text_of(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(text_of(-std::numeric_limits<double>::infinity()), "null");
}

TEST(Encode, FloatsRoundTripInTheirShortestForm) {
    everything::Random random(5);
    for (int i = 0; i < 200'000; ++i) {
        const double value = random.real();
        const std::string text = text_of(value);
        ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
        char shortest[40];
        const auto end = std::to_chars(shortest, shortest + sizeof shortest, value,
                                       std::chars_format::scientific);
        const auto digits = [](std::string_view number) {
            std::string out;
            for (const char c : number.substr(0, number.find('e'))) {
                if (c >= '0' && c <= '9' && (c != '0' || !out.empty())) out += c;
            }
            while (!out.empty() && out.back() == '0') out.pop_back();
            return out;
        };
        ASSERT_EQ(digits(text),
                  digits(std::string_view(shortest, static_cast<std::size_t>(end.ptr - shortest))));
    }
}

TEST(Encode, WritesIntegersOfEverySize) {
    struct Integers {
        std::int8_t a = -128;
        std::uint8_t b = 255;
        std::int64_t c = std::numeric_limits<std::int64_t>::min();
        std::uint64_t d = std::numeric_limits<std::uint64_t>::max();
        std::int32_t e = -1;
        std::int64_t f = 10;
        std::int64_t g = 99;
        std::int64_t h = 100;
        std::int64_t i = 0;
    };
    EXPECT_EQ(*quipu::to_json(Integers{}),
              R"({"a":-128,"b":255,"c":-9223372036854775808,"d":18446744073709551615,"e":-1,)"
              R"("f":10,"g":99,"h":100,"i":0})");
}

}  // namespace

// Counts allocations of the whole program while `counting` is set.
namespace {
thread_local bool counting = false;
thread_local std::size_t allocations = 0;
}  // namespace

void* operator new(std::size_t size) {
    if (counting) ++allocations;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
// A sanitizer replaces this one, too, and compares it with what frees.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    if (counting) ++allocations;
    return std::malloc(size);
}
// GCC 12 sees that this frees, and not that the operator above allocates in the same way.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace {

TEST(Encode, AllocatesNothingWithAKeptBuffer) {
    everything::Random random(9);
    const auto event = random.event();
    std::string out;
    ASSERT_TRUE(quipu::encode(out, event));
    const std::string first = out;
    out.clear();
    allocations = 0;
    counting = true;
    const bool good = quipu::encode(out, event).has_value();
    counting = false;
    EXPECT_TRUE(good);
    EXPECT_EQ(allocations, 0U);
    EXPECT_EQ(out, first);
}

}  // namespace
