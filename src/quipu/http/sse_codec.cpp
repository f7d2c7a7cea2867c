// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/sse_codec.hpp"

#include <utility>

namespace quipu::http {
namespace {

void add_line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    for (const char c : value) {
        if (c != '\r' && c != '\n' && c != '\0') out += c;
    }
    out += '\n';
}

void add_data(std::string& out, std::string_view data) {
    while (true) {
        const auto end = data.find_first_of("\r\n");
        out.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == std::string_view::npos) return;
        const bool two = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
        data.remove_prefix(end + (two ? 2 : 1));
    }
}

}  // namespace

std::string encode_sse(const SseEvent& event) {
    std::string out;
    out.reserve(event.id.size() + event.event.size() + event.data.size() + 32);
    if (!event.id.empty()) add_line(out, "id", event.id);
    if (!event.event.empty()) add_line(out, "event", event.event);
    add_data(out, event.data);
    out += '\n';
    return out;
}

SseDecoder::SseDecoder(std::size_t event_bytes_max, OnEvent on_event)
    : event_bytes_max_(event_bytes_max), on_event_(std::move(on_event)) {}

SseDecoder::State SseDecoder::feed(std::string_view bytes) {
    for (const char c : bytes) {
        const bool second_half = std::exchange(after_cr_, c == '\r') && c == '\n';
        if (second_half) continue;
        if (c == '\r' || c == '\n') {
            const auto state = end_line();
            if (state != State::more) return state;
            continue;
        }
        if (line_.size() + event_.data.size() >= event_bytes_max_) return State::too_large;
        line_ += c;
    }
    return State::more;
}

SseDecoder::State SseDecoder::end_line() {
    std::string_view line = line_;
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (std::exchange(at_start_, false) && line.starts_with(byte_order_mark)) {
        line.remove_prefix(byte_order_mark.size());
    }
    if (line.empty()) {
        line_.clear();
        const bool whole = std::exchange(has_data_, false);
        if (whole) event_.data.pop_back();
        const bool go_on = !whole || on_event_(event_);
        event_.event.clear();
        event_.data.clear();
        return go_on ? State::more : State::stopped;
    }
    const auto colon = line.find(':');
    auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
    line_.clear();
    return State::more;
}

void SseDecoder::take_field(std::string_view name, std::string_view value) {
    if (name == "data") {
        event_.data.append(value).append("\n");
        has_data_ = true;
    } else if (name == "event") {
        event_.event = value;
    } else if (name == "id" && !value.contains('\0')) {
        event_.id = value;
    }
}

}  // namespace quipu::http
