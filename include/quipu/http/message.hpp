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

/// Names and values in the order of the message; a name may occur more than once.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// The first value of header `name`, ignoring case; nothing if there is none. The view is valid
/// until `headers` is changed or destroyed.
[[nodiscard]] std::optional<std::string_view> find_header(const HttpFields& headers,
                                                          std::string_view name) noexcept;

/// A complete request as a handler receives it. Everything in it is untrusted input.
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
        {};  ///< requested when the server stops: long handlers should return

    /// The first value of a header or of a query parameter; nothing if it was not sent.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::string_view> query_param(std::string_view name) const noexcept;
    /// The value of "{name}" in the route, which is never empty; empty if the route has no such
    /// parameter.
    [[nodiscard]] std::string_view path_param(std::string_view name) const noexcept;
    /// The id after which a client resumes an event stream (header Last-Event-ID), or empty.
    [[nodiscard]] std::string_view last_event_id() const noexcept;
};

/// The response of a handler. The server sets Content-Length, Transfer-Encoding, Connection and
/// Date and ignores them in `headers`. A header name or value that cannot be sent, such as one with
/// a line break, turns the whole response into a 500.
struct HttpResponse {
    int status = 200;  ///< 200 to 599; anything else becomes a 500
    HttpFields headers = {};
    std::string body = {};
    std::string content_type = {};  ///< empty: no Content-Type header
    /// Unless empty, the response is an event stream; see event_stream().
    std::function<void(SseStream)> on_stream = {};

    /// A response with the JSON `text` as its body, unchanged.
    [[nodiscard]] static HttpResponse json(int status, std::string text);
    /// A response with `body` as text/plain in UTF-8.
    [[nodiscard]] static HttpResponse text(int status, std::string body);
    /// A JSON body {"detail": detail, "type": type}. `type` is a code for programs.
    [[nodiscard]] static HttpResponse problem(int status, std::string_view type,
                                              std::string_view detail);
    /// The problem for an Error: invalid 400, not_found 404, conflict 409, limit 413, busy and
    /// unavailable 503, corrupt and internal 500. The last two do not show the error's message.
    [[nodiscard]] static HttpResponse error(const Error& error);
    /// Status 204 without a body.
    [[nodiscard]] static HttpResponse no_content();
    /// A stream of server-sent events. `on_stream` is called once, on the handler's thread, when
    /// the handler has returned; it passes the stream to the producer of the events and returns. It
    /// is not called for a HEAD request, nor if too many streams are open (503).
    [[nodiscard]] static HttpResponse event_stream(std::function<void(SseStream)> on_stream);
};

}  // namespace quipu
