// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include "quipu/base/error.hpp"
#include "quipu/base/url.hpp"
#include "quipu/http/message.hpp"
#include "quipu/http/sse.hpp"

namespace quipu {

struct HttpClientOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string unix_socket_path{};  ///< not empty: used in place of host and port
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{30'000};         ///< for one whole request()
    std::chrono::milliseconds stream_silence{60'000};  ///< longest wait for a byte of a stream
    std::size_t body_bytes_max = 16 << 20;
    std::size_t event_bytes_max = 4 << 20;  ///< one event of a stream
};

struct HttpReply {
    int status = 0;
    HttpFields headers;
    std::string body;

    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// A small blocking HTTP/1.1 client for talking to one HttpServer. Each call makes a connection of
/// its own, so calls from several threads are independent.
///
/// Errors: unavailable when nothing listens there (connection refused, no socket file) and only
/// then; busy for a time-out or a connection that was cut; limit for more bytes than allowed;
/// corrupt for an answer that is not HTTP; invalid for a request or address that cannot be used.
/// A response with any status is a reply, not an error.
class HttpClient {
  public:
    explicit HttpClient(HttpClientOptions options);

    /// `target` is sent as it is: percent-encode it, see percent_encode().
    [[nodiscard]] Result<HttpReply> request(std::string_view method, std::string_view target,
                                            const HttpFields& headers = {},
                                            std::string_view body = {}) const;

    /// How stream() ended without an error.
    enum class StreamEnd { by_caller, by_server };

    /// Reads an event stream by GET and calls `on_event` for each event until it returns false, the
    /// server ends the stream, or `stop` is requested. To resume, send the last id seen as header
    /// Last-Event-ID. A status other than 200 is an error: not_found for 404, else invalid for 4xx
    /// and busy for 5xx. A stream cut in the middle is busy: resume.
    [[nodiscard]] Result<StreamEnd> stream(std::string_view target, const HttpFields& headers,
                                           const std::function<bool(const SseEvent&)>& on_event,
                                           const std::stop_token& stop = {}) const;

  private:
    HttpClientOptions options_;
};

}  // namespace quipu
