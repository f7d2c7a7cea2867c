// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/cli/text_output.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "quipu/base/text.hpp"
#include "quipu/codec/json.hpp"

namespace quipu {

namespace {

bool is_control(std::string_view text, std::size_t at) noexcept {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7f) return true;
    // U+0080 to U+009F: terminals interpret these as control sequences, too.
    return byte == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0;
}

/// Copies the character at `at`, with control characters as \u escapes, and returns the position of
/// the next one.
std::size_t append_safe(std::string& out, std::string_view text, std::size_t at) {
    if (!is_control(text, at)) {
        out += text[at];
        return at + 1;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == 0xc2) {
        out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[at + 1]));
        return at + 2;
    }
    out += fmt::format("\\u{:04x}", byte);
    return at + 1;
}

std::size_t append_string(std::string& out, std::string_view json, std::size_t at) {
    out += json[at++];
    while (at < json.size() && json[at] != '"') {
        if (json[at] == '\\' && at + 1 < json.size()) out += json[at++];
        at = append_safe(out, json, at);
    }
    if (at < json.size()) out += json[at++];
    return at;
}

/// The number of code points, an approximation of the columns on a terminal.
std::size_t width(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
    const std::string valid = to_valid_utf8(text);
    std::string out;
    out.reserve(valid.size());
    for (std::size_t at = 0; at < valid.size();) at = append_safe(out, valid, at);
    return out;
}

std::string pretty_json(std::string_view text) {
    const std::string json = to_valid_utf8(text);
    std::string out;
    std::size_t depth = 0;
    const auto line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
    for (std::size_t at = 0; at < json.size();) {
        const char c = json[at];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            ++at;
            continue;
        }
        const bool closes = c == '}' || c == ']';
        const bool after_opening = out.ends_with('{') || out.ends_with('[');
        if (closes && depth > 0) --depth;
        if (closes != after_opening) line();
        at = c == '"' ? append_string(out, json, at) : append_safe(out, json, at);
        if (c == '{' || c == '[') ++depth;
        if (c == ',') line();
        if (c == ':') out += ' ';
    }
    return out;
}

std::string compact_json(std::string_view text) {
    const std::string json = to_valid_utf8(text);
    std::string out;
    out.reserve(json.size());
    bool inside = false;
    for (std::size_t at = 0; at < json.size(); ++at) {
        const char c = json[at];
        if (inside && c == '\\' && at + 1 < json.size()) {
            out += c;
            out += json[++at];
            continue;
        }
        if (c == '"') inside = !inside;
        if (inside || (c != ' ' && c != '\t' && c != '\r' && c != '\n')) out += c;
    }
    return out;
}

std::string format_bytes(std::int64_t bytes) {
    constexpr std::array units{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return fmt::format("{:.1f} {}", value, units[unit]);
}

Table::Table(std::vector<std::string> headings) {
    add(std::move(headings));
}

void Table::add(std::vector<std::string> cells) {
    for (std::string& cell : cells) cell = printable(cell);
    rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out) const {
    std::vector<std::size_t> widths(rows_.front().size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
        }
        out << line << '\n';
    }
}

}  // namespace quipu
