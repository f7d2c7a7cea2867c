// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/sse_codec.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace quipu::http {
namespace {

std::vector<SseEvent> decode(std::string_view bytes, std::size_t piece) {
    std::vector<SseEvent> events;
    SseDecoder decoder(1 << 20, [&](const SseEvent& event) {
        events.push_back(event);
        return true;
    });
    while (!bytes.empty()) {
        EXPECT_EQ(decoder.feed(bytes.substr(0, piece)), SseDecoder::State::more);
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    return events;
}

TEST(HttpSse, EveryKindOfLineBreakBecomesADataLine) {
    EXPECT_EQ(encode_sse({.id = "7", .event = "log", .data = "a\nb\r\nc\rd"}),
              "id: 7\nevent: log\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
    EXPECT_EQ(encode_sse({.id = "", .event = "", .data = ""}), "data: \n\n");
    EXPECT_EQ(encode_sse({.id = "", .event = "", .data = "a\n"}), "data: a\ndata: \n\n");
}

TEST(HttpSse, IdAndNameCannotStartALineOfTheirOwn) {
    EXPECT_EQ(encode_sse({.id = "1\ndata: x", .event = "a\r\n\nb", .data = "y"}),
              "id: 1data: x\nevent: ab\ndata: y\n\n");
}

TEST(HttpSse, RoundTripsForAnySplitOfTheBytes) {
    const std::vector<SseEvent> events{{"1", "a", "x"},
                                       {"2", "", "line\n\n: not a comment\nid: 9\n"},
                                       {"3", "b", ""},
                                       {"4", "", " leading space"}};
    std::string bytes;
    for (const auto& event : events) bytes.append(encode_sse(event)).append(sse_heartbeat);
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
        const auto got = decode(bytes, piece);
        ASSERT_EQ(got.size(), events.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            EXPECT_EQ(got[i].id, events[i].id);
            EXPECT_EQ(got[i].event, events[i].event);
            EXPECT_EQ(got[i].data, events[i].data);
        }
    }
}

TEST(HttpSse, ReadsStreamsOfOtherServers) {
    const auto got = decode(
        "\xEF\xBB\xBF: hello\r\ndata:no space\rdata\r\nid: 5\r\nretry: 10\r\nfoo: bar\r\n\r\n"
        "event: only\n\ndata: b\n\ndata: incomplete\n",
        4);
    ASSERT_EQ(got.size(), 2U);
    EXPECT_EQ(got[0].data, "no space\n");
    EXPECT_EQ(got[0].id, "5");
    EXPECT_EQ(got[1].data, "b");
    EXPECT_EQ(got[1].event, "");
    EXPECT_EQ(got[1].id, "5");
}

TEST(HttpSse, StopsWhenTheCallbackReturnsFalse) {
    int calls = 0;
    SseDecoder decoder(100, [&](const SseEvent&) { return ++calls < 2; });
    EXPECT_EQ(decoder.feed("data: 1\n\ndata: 2\n\ndata: 3\n\n"), SseDecoder::State::stopped);
    EXPECT_EQ(calls, 2);
}

TEST(HttpSse, EventIsBounded) {
    SseDecoder decoder(100, [](const SseEvent&) { return true; });
    EXPECT_EQ(decoder.feed("data: " + std::string(90, 'x') + "\n\n"), SseDecoder::State::more);
    EXPECT_EQ(decoder.feed("data: " + std::string(95, 'x')), SseDecoder::State::too_large);
    SseDecoder lines(100, [](const SseEvent&) { return true; });
    std::string many;
    for (int i = 0; i < 101; ++i) many += "data\n";
    EXPECT_EQ(lines.feed(many), SseDecoder::State::too_large);
}

}  // namespace
}  // namespace quipu::http
