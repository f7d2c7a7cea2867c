// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/trace_context.hpp"

#include <algorithm>
#include <cstddef>

namespace quipu {

namespace {

constexpr std::string_view parent_header = "traceparent";
constexpr std::string_view state_header = "tracestate";
constexpr std::size_t longest_state = 512;

bool is_hex(std::string_view text) noexcept {
    return text.find_first_not_of("0123456789abcdef") == text.npos;
}

bool is_id(std::string_view text) noexcept {
    return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

}  // namespace

bool is_traceparent(std::string_view value) noexcept {
    // 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
    constexpr std::size_t size = 55;
    if (value.size() < size || value[2] != '-' || value[35] != '-' || value[52] != '-') {
        return false;
    }
    const std::string_view version = value.substr(0, 2);
    // Later versions may append fields, each after a dash.
    const bool ends = value.size() == size || (version != "00" && value[size] == '-');
    return ends && is_hex(version) && version != "ff" && is_id(value.substr(3, 32)) &&
           is_id(value.substr(36, 16)) && is_hex(value.substr(53, 2));
}

bool is_tracestate(std::string_view value) noexcept {
    return value.size() <= longest_state &&
           std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

void inherit_trace(const RecordHeaders& cause, RecordHeaders& headers) {
    if (headers.find(parent_header)) return;
    const auto parent = cause.find(parent_header);
    if (!parent || !is_traceparent(*parent)) return;
    headers.add(parent_header, *parent);
    const auto state = cause.find(state_header);
    if (state && is_tracestate(*state) && !headers.find(state_header)) {
        headers.add(state_header, *state);
    }
}

}  // namespace quipu
