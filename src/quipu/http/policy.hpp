// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/http/message.hpp"

namespace quipu::http {

/// Which requests are refused because of where they come from or whom they ask for.
struct Policy {
    std::vector<std::string> allowed_hosts{};
    bool check_origin = true;
    std::vector<std::string> allowed_origins{};

    /// The refusal, or nothing. `authority` is the host that the request asks for ("name:port"),
    /// `local_address` the server's end of the connection; empty for a Unix socket, which no
    /// browser can reach, so that any host is right there.
    [[nodiscard]] std::optional<HttpResponse> refuse(const HttpRequest& request,
                                                     std::string_view authority,
                                                     std::string_view local_address) const;
};

/// "name:8080" is "name", "[::1]:8080" is "::1"; nothing when it is neither.
[[nodiscard]] std::optional<std::string_view> host_of(std::string_view authority) noexcept;

}  // namespace quipu::http
