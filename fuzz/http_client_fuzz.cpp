// SPDX-License-Identifier: Apache-2.0
// Bytes of a server through the client's reader of responses and of event streams, and events
// through the writer and back.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "check.hpp"
#include "quipu/http/parse.hpp"
#include "quipu/http/sse_codec.hpp"

namespace {

using fuzz::check;
using quipu::SseEvent;
using quipu::http::ResponseReader;
using quipu::http::SseDecoder;

std::string read_response(std::string_view bytes, std::size_t piece) {
    const quipu::http::ParseLimits limits{
        .header_bytes = 256, .headers = 8, .body_bytes = 64, .query_params = 1};
    std::string events;
    SseDecoder decoder(32, [&](const SseEvent& event) {
        check(event.data.size() <= 32);
        events += event.id + '|' + event.event + '|' + event.data + '\n';
        return events.size() < 50;
    });
    ResponseReader reader(limits, false, [&](std::string_view body) {
        return decoder.feed(body) == SseDecoder::State::more;
    });
    auto state = ResponseReader::State::need_more;
    while (!bytes.empty() && state == ResponseReader::State::need_more) {
        state = reader.feed(bytes.substr(0, piece));
        bytes.remove_prefix(piece < bytes.size() ? piece : bytes.size());
    }
    if (state == ResponseReader::State::need_more) state = reader.end();
    return state == ResponseReader::State::done ? events : "";
}

std::string with_line_feeds(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool second_half = text[i] == '\n' && i > 0 && text[i - 1] == '\r';
        if (!second_half) out += text[i] == '\r' ? '\n' : text[i];
    }
    return out;
}

void round_trip(std::string_view text) {
    const auto third = text.size() / 3;
    const SseEvent event{.id = std::string(text.substr(0, third)),
                         .event = std::string(text.substr(third, third)),
                         .data = std::string(text.substr(2 * third))};
    int seen = 0;
    SseDecoder decoder(1 << 20, [&](const SseEvent& got) {
        if (++seen == 1) return true;
        check(got.id.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
        check(got.id.size() <= event.id.size() && got.event.size() <= event.event.size());
        check(got.data == with_line_feeds(event.data));
        return true;
    });
    check(decoder.feed("data: first\n\n" + quipu::http::encode_sse(event)) ==
          SseDecoder::State::more);
    check(seen == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = read_response(bytes, bytes.size() + 1);
    check(read_response(bytes, 1) == (fuzz::planted() ? "" : whole));
    check(read_response(bytes, data[0] % 32U + 1U) == whole);
    round_trip(bytes);
    return 0;
}
