// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "quipu/base/descriptor.hpp"
#include "quipu/base/error.hpp"
#include "quipu/http/server.hpp"

namespace quipu::http {

struct TcpListener {
    Descriptor descriptor;
    std::uint16_t port;  ///< the one in use
};

/// Listens where `options` say. Errors: invalid (no IP address; one that other machines can reach
/// without allow_remote; one that is not this machine's), busy (in use).
[[nodiscard]] Result<TcpListener> listen_tcp(const HttpServerOptions& options);

/// Who is at the other end of a connection, and which address it came to.
struct Ends {
    std::string peer;           ///< "127.0.0.1:49152", "unix:uid=1000"
    std::string local_address;  ///< empty for a Unix socket
};

/// Nothing when the connection is gone already.
[[nodiscard]] std::optional<Ends> ends_of(int connection);

}  // namespace quipu::http
