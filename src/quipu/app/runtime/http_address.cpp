// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/http_address.hpp"

#include <charconv>

namespace quipu {

Result<std::pair<std::string, std::uint16_t>> parse_http_address(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const bool has_host = colon != std::string_view::npos && !text.ends_with(']');
    std::string_view host = has_host ? text.substr(0, colon) : std::string_view{};
    const std::string_view digits = has_host ? text.substr(colon + 1) : text;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (problem != std::errc{} || end != digits.data() + digits.size()) {
        return fail(ErrorCode::invalid, "--http '" + std::string(text) +
                                            "' is not an address; write ADDR:PORT, such as "
                                            "127.0.0.1:8080 or [::1]:8080");
    }
    return std::pair{host.empty() ? std::string("127.0.0.1") : std::string(host), port};
}

Result<HttpServerOptions> http_options(const RunOptions& run) {
    auto address = parse_http_address(run.http);
    if (!address) return std::unexpected(std::move(address.error()));
    HttpServerOptions options;
    options.address = std::move(address->first);
    options.port = address->second;
    options.allow_remote = run.allow_remote;
    options.allowed_hosts = run.allowed_hosts;
    return options;
}

}  // namespace quipu
