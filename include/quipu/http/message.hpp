// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "quipu/base/error.hpp"
#include "quipu/http/sse.hpp"

namespace quipu {

/// Names and values in the order in which they came; a name may occur more than once.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// The first value of header `name` (letter case does not matter), or nothing. The view lives as
/// long as `headers` is left alone.
[[nodiscard]] std::optional<std::string_view> find_header(const HttpFields& headers,
                                                          std::string_view name) noexcept;

/// A complete request as a handler gets it. Everything in it came from a peer.
struct HttpRequest {
    std::string method = {};      ///< as sent, letter case included: "GET"
    std::string target = {};      ///< as sent: "/executions/a%20b?limit=10"
    std::string path = {};        ///< the part of `target` before '?', not decoded
    HttpFields query = {};        ///< decoded ("+" is a space); valid UTF-8 without NUL
    HttpFields headers = {};      ///< without the trailers of a chunked body
    std::string body = {};        ///< any bytes
    HttpFields path_params = {};  ///< decoded values of the "{name}" parts of the route
    std::string route = {};       ///< the pattern that matched: "/executions/{id}"
    std::string peer = {};        ///< "127.0.0.1:40112", or "unix:uid=1000"
    std::stop_token stopping =
        {};  ///< requested when the server stops: a long handler should give up

    /// First value of a header, of a query parameter; nothing when it was not sent.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::string_view> query_param(std::string_view name) const noexcept;
    /// Value of "{name}" in the route; empty when the route has no such part (a value that was
    /// matched is never empty).
    [[nodiscard]] std::string_view path_param(std::string_view name) const noexcept;
    /// Where a client wants an event stream resumed: header Last-Event-ID, or empty.
    [[nodiscard]] std::string_view last_event_id() const noexcept;
};

/// What a handler answers. Content-Length, Transfer-Encoding, Connection and Date are the server's
/// to set: they are ignored in `headers`. A header name or value that cannot be sent (such as one
/// with a line break) turns the whole response into a 500.
struct HttpResponse {
    int status = 200;  ///< 200 to 599; anything else turns into a 500
    HttpFields headers = {};
    std::string body = {};
    std::string content_type = {};  ///< empty: no Content-Type header
    /// Not empty: the response is an event stream, see event_stream().
    std::function<void(SseStream)> on_stream = {};

    /// `text` is sent as it is, with Content-Type application/json.
    [[nodiscard]] static HttpResponse json(int status, std::string text);
    /// `body` as text/plain in UTF-8.
    [[nodiscard]] static HttpResponse text(int status, std::string body);
    /// A JSON body {"detail": detail, "type": type}. `type` is a word for machines.
    [[nodiscard]] static HttpResponse problem(int status, std::string_view type,
                                              std::string_view detail);
    /// The problem for an Error: invalid 400, not_found 404, conflict 409, limit 413, busy and
    /// unavailable 503, corrupt and internal 500. The last two hide the message.
    [[nodiscard]] static HttpResponse error(const Error& error);
    /// Status 204 without a body.
    [[nodiscard]] static HttpResponse no_content();
    /// A stream of server-sent events. `on_stream` is called once, on the handler's thread, as soon
    /// as the handler has returned; it hands the stream to whoever produces the events and returns.
    /// It is not called for a HEAD request, nor when the server has no free stream (503).
    [[nodiscard]] static HttpResponse event_stream(std::function<void(SseStream)> on_stream);
};

}  // namespace quipu
