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

/// Listens at the address of `options`. Errors: invalid (not an IP address; an address that other
/// machines can reach, without allow_remote; an address of another machine), busy (in use).
[[nodiscard]] Result<TcpListener> listen_tcp(const HttpServerOptions& options);

/// The peer of a connection, and the address that it connected to.
struct Ends {
    std::string peer;           ///< "127.0.0.1:49152", "unix:uid=1000"
    std::string local_address;  ///< empty for a Unix socket
};

/// Nothing if the connection has been closed already.
[[nodiscard]] std::optional<Ends> ends_of(int connection);

}  // namespace quipu::http
