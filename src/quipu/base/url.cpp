// SPDX-License-Identifier: Apache-2.0
#include "quipu/base/url.hpp"

#include <algorithm>

#include "quipu/base/hex.hpp"
#include "quipu/base/text.hpp"

namespace quipu {

std::string percent_encode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || std::string_view("-._~").contains(c);
        if (plain) {
            out += c;
            continue;
        }
        out += '%';
        append_hex(out, c, upper_hex_digits);
    }
    return out;
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
    if (out.contains('\0')) return fail(ErrorCode::invalid, "the URL contains a NUL character");
    if (!is_valid_utf8(out)) return fail(ErrorCode::invalid, "the decoded URL is not UTF-8");
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

}  // namespace quipu
