// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/url.hpp"

#include <algorithm>

namespace quipu {

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || std::string_view("-._~").contains(c);
        if (plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

}  // namespace quipu

namespace quipu::http {
namespace {

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// Bytes that follow a lead byte, and the range of the first of them (which shuts out overlong
// forms, surrogates and what lies above U+10FFFF).
struct Utf8Rule {
    unsigned char lead_first, lead_last, more, first, last;
};
constexpr Utf8Rule utf8_rules[] = {{0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
                                   {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F},
                                   {0xEE, 0xEF, 2, 0x80, 0xBF}, {0xF0, 0xF0, 3, 0x90, 0xBF},
                                   {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F}};

// Length of the character at the start of `text`; 0 when it is not one.
std::size_t utf8_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) return 1;
    for (const auto& rule : utf8_rules) {
        if (byte(0) < rule.lead_first || byte(0) > rule.lead_last) continue;
        if (text.size() <= rule.more || byte(1) < rule.first || byte(1) > rule.last) return 0;
        for (std::size_t i = 2; i <= rule.more; ++i) {
            if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
        }
        return rule.more + std::size_t{1};
    }
    return 0;
}

bool has_dot_part(std::string_view path) noexcept {
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto part = path.substr(0, path.find('/'));
        if (part == "." || part == "..") return true;
        path.remove_prefix(part.size());
    }
    return false;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

bool same_text(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += plus_is_space && text[i] == '+' ? ' ' : text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return fail(ErrorCode::invalid, "a '%' in the URL is not followed by two hex digits");
        }
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (out.contains('\0')) return fail(ErrorCode::invalid, "the URL has a NUL character");
    if (!is_utf8(out)) return fail(ErrorCode::invalid, "the URL does not decode to UTF-8");
    return out;
}

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query,
                                                                     std::size_t params_max) {
    std::vector<std::pair<std::string, std::string>> params;
    while (!query.empty()) {
        const auto piece = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(piece.size() + 1, query.size()));
        if (piece.empty()) continue;
        if (params.size() == params_max) {
            return fail(ErrorCode::limit,
                        "more than " + std::to_string(params_max) + " query parameters");
        }
        const auto name_end = std::min(piece.find('='), piece.size());
        auto name = percent_decode(piece.substr(0, name_end), true);
        if (!name) return std::unexpected(name.error());
        auto value = percent_decode(piece.substr(std::min(name_end + 1, piece.size())), true);
        if (!value) return std::unexpected(value.error());
        params.emplace_back(std::move(*name), std::move(*value));
    }
    return params;
}

Result<Target> split_target(std::string_view target) {
    Target parts;
    constexpr std::string_view scheme = "http://";
    if (same_text(target.substr(0, scheme.size()), scheme)) {
        target.remove_prefix(scheme.size());
        parts.authority = target.substr(0, target.find_first_of("/?"));
        target.remove_prefix(parts.authority->size());
        if (target.empty() || target.front() == '?') {
            parts.path = "/";
            parts.query = target.empty() ? target : target.substr(1);
            return parts;
        }
    }
    if (target == "*") {
        parts.path = target;
        return parts;
    }
    if (target.empty() || target.front() != '/') {
        return fail(ErrorCode::invalid, "the request target is not a path");
    }
    if (target.contains('#')) return fail(ErrorCode::invalid, "the request target has a fragment");
    parts.path = target.substr(0, target.find('?'));
    parts.query = target.substr(std::min(parts.path.size() + 1, target.size()));
    if (has_dot_part(parts.path)) {
        return fail(ErrorCode::invalid, "the path has '.' or '..' as a part");
    }
    return parts;
}

}  // namespace quipu::http
