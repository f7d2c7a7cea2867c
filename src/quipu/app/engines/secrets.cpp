// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/engines/secrets.hpp"

#include <algorithm>

#include "quipu/log/secret_names.hpp"

namespace quipu {

namespace {

constexpr std::string_view hidden = "***";
constexpr std::string_view url_ends = " \t\r\n'\"`<>";

std::string mask_parameters(std::string_view query) {
    std::string result;
    while (!query.empty()) {
        const std::string_view piece = query.substr(0, query.find_first_of("?&", 1));
        query.remove_prefix(piece.size());
        const std::size_t equals = piece.find('=');
        const bool is_secret =
            equals != std::string_view::npos && is_secret_name(piece.substr(1, equals - 1));
        result += is_secret ? std::string(piece.substr(0, equals + 1)) + std::string(hidden)
                            : std::string(piece);
    }
    return result;
}

}  // namespace

std::string mask_url(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return std::string(url);
    std::string result(url.substr(0, scheme + 3));
    std::string_view rest = url.substr(scheme + 3);
    // The last @, in case the password contains one that is not escaped as it should be.
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::size_t colon = rest.find(':');
        if (colon < at) {
            result += std::string(rest.substr(0, colon + 1)) + std::string(hidden);
        } else {
            result += rest.substr(0, at);
        }
        rest.remove_prefix(at);
    }
    const std::size_t query = std::min(rest.find('?'), rest.size());
    return result + std::string(rest.substr(0, query)) + mask_parameters(rest.substr(query));
}

std::string mask_secrets(std::string_view text) {
    std::string result;
    for (std::size_t found = text.find("://"); found != std::string_view::npos;
         found = text.find("://")) {
        const std::size_t before = text.find_last_of(url_ends, found);
        const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
        const std::size_t end = std::min(text.find_first_of(url_ends, found), text.size());
        result += text.substr(0, begin);
        result += mask_url(text.substr(begin, end - begin));
        text.remove_prefix(end);
    }
    return result + std::string(text);
}

}  // namespace quipu
