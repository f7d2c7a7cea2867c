// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/fault.hpp"

#include <algorithm>
#include <string_view>

namespace quipu {

namespace {

/// Shortens a name and keeps it on one line: it may be the key of a map and thus part of the
/// payload.
void append_name(std::string& out, std::string_view name) {
    constexpr std::size_t longest = 64;
    std::size_t size = std::min(name.size(), longest);
    while (size > 0 && size < name.size() &&
           (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) {
        --size;
    }
    for (const char c : name.substr(0, size)) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
    if (size < name.size()) out += "...";
}

void append_location(std::string& out, const std::vector<Fault::Step>& location) {
    bool first = true;
    for (const Fault::Step& step : location) {
        if (const auto* name = std::get_if<std::string>(&step)) {
            if (!first) out += '.';
            append_name(out, *name);
        } else {
            out.append(1, '[').append(std::to_string(std::get<std::int64_t>(step))).append(1, ']');
        }
        first = false;
    }
}

}  // namespace

std::string Faults::summary() const {
    std::string out;
    for (const Fault& fault : list) {
        if (!out.empty()) out += "; ";
        if (!fault.location.empty()) {
            append_location(out, fault.location);
            out += ": ";
        }
        out += fault.message;
    }
    return out;
}

}  // namespace quipu
