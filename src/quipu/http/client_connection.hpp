// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "quipu/base/descriptor.hpp"
#include "quipu/base/error.hpp"
#include "quipu/http/client.hpp"

namespace quipu::http {

/// A connected socket whose operations have deadlines. Used by one thread.
class ClientConnection {
  public:
    using Clock = std::chrono::steady_clock;

    /// Errors: unavailable if nothing listens there, busy on a timeout, invalid for an unusable
    /// address.
    [[nodiscard]] static Result<ClientConnection> open(const HttpClientOptions& options);
    /// Errors: busy on a timeout and if the peer has closed the connection.
    [[nodiscard]] Result<void> send(std::string_view bytes, Clock::time_point deadline);

    /// The number of bytes read; 0 at the end of the stream and when `stop` is requested. Errors as
    /// for send().
    [[nodiscard]] Result<std::size_t> receive(std::span<char> into, Clock::time_point deadline,
                                              const std::stop_token& stop = {});

  private:
    ClientConnection(Descriptor descriptor, std::string name) noexcept;
    Result<void> wait(short events, Clock::time_point deadline, int wake_descriptor) const;
    [[nodiscard]] std::unexpected<Error> broken(int error) const;

    Descriptor descriptor_;
    std::string name_;
};

/// "127.0.0.1:8080" or the socket's path, for messages and the Host header.
[[nodiscard]] std::string server_name(const HttpClientOptions& options);

}  // namespace quipu::http
