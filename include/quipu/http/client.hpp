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
    std::string unix_socket_path{};  ///< used instead of host and port unless empty
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds timeout{30'000};         ///< for a whole request()
    std::chrono::milliseconds stream_silence{60'000};  ///< a stream without a byte for so long ends
    std::size_t body_bytes_max = 16 << 20;             ///< of the response to request()
    std::size_t event_bytes_max = 4 << 20;             ///< of one event of a stream
};

/// A response that a client has received.
struct HttpReply {
    int status = 0;
    HttpFields headers;
    std::string body;

    /// The first value of a header; nothing if it was not sent.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// A small blocking HTTP/1.1 client for one HttpServer. Thread-safe: each call opens a connection
/// of its own.
///
/// Errors: unavailable only if nothing listens at the address (connection refused, no socket file);
/// busy for a timeout or an interrupted connection; limit for more bytes than allowed; corrupt for
/// a response that is not HTTP; invalid for a request or address that cannot be used. A response
/// of request() with any status is a reply, not an error.
class HttpClient {
  public:
    explicit HttpClient(HttpClientOptions options);

    /// Sends a request and waits for the response. `target` is sent as it is, so its parts must be
    /// percent-encoded; see percent_encode().
    [[nodiscard]] Result<HttpReply> request(std::string_view method, std::string_view target,
                                            const HttpFields& headers = {},
                                            std::string_view body = {}) const;

    /// How stream() ended without an error.
    enum class StreamEnd { by_caller, by_server };

    /// Reads an event stream by GET and calls `on_event` on this thread for each event, until
    /// `on_event` returns false, the server ends the stream or `stop` is requested. To resume a
    /// stream, send the id of the last event as header Last-Event-ID. A status other than 200 is an
    /// error: not_found for 404, invalid for other 4xx, busy for 5xx. An interrupted stream is
    /// busy: resume it.
    [[nodiscard]] Result<StreamEnd> stream(std::string_view target, const HttpFields& headers,
                                           const std::function<bool(const SseEvent&)>& on_event,
                                           const std::stop_token& stop = {}) const;

  private:
    HttpClientOptions options_;
};

}  // namespace quipu
