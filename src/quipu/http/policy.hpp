// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quipu/http/message.hpp"

namespace quipu::http {

/// Decides which requests are rejected because of their origin or the host that they address.
struct Policy {
    std::vector<std::string> allowed_hosts{};
    bool check_origin = true;
    std::vector<std::string> allowed_origins{};

    /// The response that rejects the request, or nothing. `authority` is the requested host
    /// ("name:port"), `local_address` the server's address of the connection. It is empty for a
    /// Unix socket, which browsers cannot reach and where any host is accepted.
    [[nodiscard]] std::optional<HttpResponse> refuse(const HttpRequest& request,
                                                     std::string_view authority,
                                                     std::string_view local_address) const;
};

/// The host of "name:8080" or "[::1]:8080" without brackets; nothing for other forms.
[[nodiscard]] std::optional<std::string_view> host_of(std::string_view authority) noexcept;

}  // namespace quipu::http
