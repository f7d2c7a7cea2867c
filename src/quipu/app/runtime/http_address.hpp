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

/// "host:port", ":port", "port" or "[v6]:port"; the host is 127.0.0.1 when there is none.
[[nodiscard]] Result<std::pair<std::string, std::uint16_t>> parse_http_address(
    std::string_view text);

/// How the program's HTTP server listens, by its settings.
[[nodiscard]] Result<HttpServerOptions> http_options(const RunOptions& run);

}  // namespace quipu
