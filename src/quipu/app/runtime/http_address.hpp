// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "quipu/app/runtime/run_options.hpp"
#include "quipu/base/error.hpp"
#include "quipu/http/server.hpp"

namespace quipu {

/// Parses "host:port", ":port", "port" or "[v6]:port". Without a host it is 127.0.0.1.
[[nodiscard]] Result<std::pair<std::string, std::uint16_t>> parse_http_address(
    std::string_view text);

/// The options of the program's HTTP server, derived from its settings.
[[nodiscard]] Result<HttpServerOptions> http_options(const RunOptions& run);

}  // namespace quipu
