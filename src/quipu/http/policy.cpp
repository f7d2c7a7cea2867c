// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/policy.hpp"

#include <algorithm>
#include <array>

#include "quipu/base/text.hpp"

namespace quipu::http {
namespace {

bool changes_something(std::string_view method) noexcept {
    return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool is_port(std::string_view text) noexcept {
    return text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool host_allowed(const Policy& policy, std::string_view authority,
                  std::string_view local_address) {
    const auto host = host_of(authority);
    if (!host) return false;
    constexpr std::array<std::string_view, 3> own{"localhost", "127.0.0.1", "::1"};
    const auto same = [&](std::string_view other) { return equal_ignoring_case(*host, other); };
    return same(local_address) || std::ranges::any_of(own, same) ||
           std::ranges::any_of(policy.allowed_hosts, same);
}

bool origin_allowed(const Policy& policy, std::string_view origin, std::string_view authority) {
    const auto same = [&](std::string_view other) { return equal_ignoring_case(origin, other); };
    if (std::ranges::any_of(policy.allowed_origins, same)) return true;
    const auto scheme_end = origin.find("://");
    return scheme_end != std::string_view::npos && !authority.empty() &&
           equal_ignoring_case(origin.substr(scheme_end + 3), authority);
}

}  // namespace

std::optional<std::string_view> host_of(std::string_view authority) noexcept {
    std::string_view host;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = authority.substr(1, end - 1);
        authority.remove_prefix(end + 1);
    } else {
        host = authority.substr(0, authority.find(':'));
        authority.remove_prefix(host.size());
    }
    const bool port_good =
        authority.empty() || (authority.starts_with(':') && is_port(authority.substr(1)));
    if (host.empty() || !port_good) return std::nullopt;
    return host;
}

std::optional<HttpResponse> Policy::refuse(const HttpRequest& request, std::string_view authority,
                                           std::string_view local_address) const {
    const bool host_matters = !local_address.empty();
    // HTTP/1.0 permits requests without a host, but no browser sends any.
    if (host_matters && !authority.empty() && !host_allowed(*this, authority, local_address)) {
        return HttpResponse::problem(421, "wrong_host",
                                     "the Host header names another machine; add the name to the "
                                     "server's option allowed_hosts to permit it");
    }
    if (!check_origin || !changes_something(request.method)) return std::nullopt;
    const auto origin = request.header("Origin");
    const bool foreign = origin ? !origin_allowed(*this, *origin, authority)
                                : request.header("Sec-Fetch-Site") == "cross-site";
    if (!foreign) return std::nullopt;
    return HttpResponse::problem(403, "wrong_origin",
                                 "the request comes from a page of another origin; add it to the "
                                 "server's option allowed_origins to permit it");
}

}  // namespace quipu::http
