// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/request_target.hpp"

#include <algorithm>

#include "quipu/base/text.hpp"

namespace quipu::http {
namespace {

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

Result<RequestTarget> split_target(std::string_view target) {
    RequestTarget parts;
    constexpr std::string_view scheme = "http://";
    if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
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
        return fail(ErrorCode::invalid, "the path has a segment '.' or '..'");
    }
    return parts;
}

}  // namespace quipu::http
