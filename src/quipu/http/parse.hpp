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
    std::size_t header_bytes = 16 << 10;  ///< start line and headers; a chunk's header; trailers
    std::size_t headers = 100;
    std::size_t body_bytes = 1 << 20;
    std::size_t query_params = 256;
};

/// Why bytes are not a message: the status to answer and a text without any of those bytes.
struct ParseFailure {
    int status = 400;
    std::string detail;
};

enum class ParseState { need_more, done, failed };

/// Reads requests from a connection's bytes, one after the other (HTTP/1.0 and 1.1, chunked or
/// counted body). The result does not depend on how the bytes are cut into pieces. Not for several
/// threads.
class RequestReader {
  public:
    explicit RequestReader(const ParseLimits& limits);
    ~RequestReader();
    RequestReader(RequestReader&&) noexcept;
    RequestReader& operator=(RequestReader&&) noexcept;

    /// Takes all of `bytes`. After `done` no more may be fed before next().
    ParseState feed(std::string_view bytes);

    /// Goes on to the next request with the bytes left over from the last one.
    ParseState next();

    /// After `done`: the request, without route, path_params, peer and stopping. It may be moved
    /// from.
    [[nodiscard]] HttpRequest& request() noexcept;
    /// After `done`: the host asked for (target or Host header); empty for HTTP/1.0 without one.
    [[nodiscard]] const std::string& authority() const noexcept;
    [[nodiscard]] bool keep_alive() const noexcept;
    [[nodiscard]] bool http_1_0() const noexcept;

    /// After `failed`.
    [[nodiscard]] const ParseFailure& failure() const noexcept;

    /// True when a part of a request has come.
    [[nodiscard]] bool started() const noexcept;
    /// True once for a request whose sender waits for "100 Continue" before it sends the body.
    [[nodiscard]] bool take_expects_continue() noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The first request in `bytes`; too few bytes are a failure with status 400.
[[nodiscard]] std::expected<HttpRequest, ParseFailure> parse_request(std::string_view bytes,
                                                                     const ParseLimits& limits);

/// Reads one response; interim ones (1xx) are skipped. Header bytes are bounded as for requests.
class ResponseReader {
  public:
    /// Body bytes go to `on_body` as they come; false from it ends reading (`stopped`).
    using OnBody = std::function<bool(std::string_view)>;
    ResponseReader(const ParseLimits& limits, bool head_request, OnBody on_body);
    ~ResponseReader();

    enum class State { need_more, done, stopped, too_large, malformed };
    State feed(std::string_view bytes);
    /// The peer has closed: `done` when that ends the body properly, else `malformed`.
    State end();

    [[nodiscard]] bool header_done() const noexcept;
    [[nodiscard]] int status() const noexcept;
    [[nodiscard]] HttpFields& headers() noexcept;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace quipu::http
