// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "quipu/http/message.hpp"

namespace quipu::http {

struct ParseLimits {
    std::size_t header_bytes =
        16 << 10;  ///< each of: start line and headers, chunk header, trailers
    std::size_t headers = 100;
    std::size_t body_bytes = 1 << 20;
    std::size_t query_params = 256;
};

/// Why bytes are not a valid message: the status to answer with, and a text that quotes none of
/// them.
struct ParseFailure {
    int status = 400;
    std::string detail;
};

enum class ParseState { need_more, done, failed };

/// Parses the requests of a connection one after the other (HTTP/1.0 and 1.1, bodies with
/// Content-Length or chunked). The result does not depend on how the bytes are split. Not
/// thread-safe.
class RequestReader {
  public:
    explicit RequestReader(const ParseLimits& limits);
    ~RequestReader();
    RequestReader(RequestReader&&) noexcept;
    RequestReader& operator=(RequestReader&&) noexcept;

    /// Consumes all of `bytes`. After `done` call next() before feeding more.
    ParseState feed(std::string_view bytes);

    /// Starts the next request with the bytes that followed the last one.
    ParseState next();

    /// After `done`: the request, without route, path_params, peer and stopping. The caller may
    /// move it out.
    [[nodiscard]] HttpRequest& request() noexcept;
    /// After `done`: the requested host (of the target or the Host header); empty for HTTP/1.0
    /// without one.
    [[nodiscard]] const std::string& authority() const noexcept;
    [[nodiscard]] bool keep_alive() const noexcept;
    [[nodiscard]] bool http_1_0() const noexcept;

    /// After `failed`.
    [[nodiscard]] const ParseFailure& failure() const noexcept;

    /// Whether a part of a request has been received.
    [[nodiscard]] bool started() const noexcept;
    /// Returns true once per request whose sender waits for "100 Continue" before sending the body.
    [[nodiscard]] bool take_expects_continue() noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The first request in `bytes`. An incomplete one is a failure with status 400.
[[nodiscard]] std::expected<HttpRequest, ParseFailure> parse_request(std::string_view bytes,
                                                                     const ParseLimits& limits);

/// Parses one response and skips interim ones (1xx). Header bytes are limited as for requests.
class ResponseReader {
  public:
    /// Passes body bytes to `on_body` as they arrive; if that returns false, parsing is `stopped`.
    using OnBody = std::function<bool(std::string_view)>;
    ResponseReader(const ParseLimits& limits, bool head_request, OnBody on_body);
    ~ResponseReader();

    enum class State { need_more, done, stopped, too_large, malformed };
    State feed(std::string_view bytes);
    /// To be called when the peer has closed: `done` if that ends the body, else `malformed`.
    State end();

    [[nodiscard]] bool header_done() const noexcept;
    [[nodiscard]] int status() const noexcept;
    [[nodiscard]] HttpFields& headers() noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace quipu::http
