// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "quipu/base/error.hpp"

namespace quipu::http {

/// The parts of a request target: "/path?query" or "http://authority/path?query".
struct RequestTarget {
    std::optional<std::string_view> authority;
    std::string_view path;
    std::string_view query;
};

/// Splits a target without decoding it. Error: invalid for any other form, for a path with a
/// segment
/// "." or "..", and for a fragment. The target "*" becomes the path "*".
[[nodiscard]] Result<RequestTarget> split_target(std::string_view target);

}  // namespace quipu::http
