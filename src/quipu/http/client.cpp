// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/client.hpp"

#include <array>
#include <utility>

#include "quipu/http/client_connection.hpp"
#include "quipu/http/parse.hpp"
#include "quipu/http/sse_codec.hpp"
#include "quipu/http/write.hpp"

namespace quipu {
namespace {

using http::ClientConnection;
using http::ResponseReader;
using Clock = ClientConnection::Clock;

constexpr std::size_t header_bytes_max = 64 << 10;

bool is_target(std::string_view target) noexcept {
    return target.starts_with('/') && target.find_first_of(" \t\r\n") == std::string_view::npos &&
           http::is_field_value(target);
}

Result<std::string> write_request(const HttpClientOptions& options, std::string_view method,
                                  std::string_view target, const HttpFields& headers,
                                  std::string_view body) {
    if (!http::is_token(method) || !is_target(target)) {
        return fail(ErrorCode::invalid, "the request's method or target cannot be sent");
    }
    const bool unix_socket = !options.unix_socket_path.empty();
    std::string out(method);
    out.append(" ").append(target).append(" HTTP/1.1\r\nHost: ");
    out += unix_socket ? "localhost" : http::server_name(options);
    out += "\r\nConnection: close\r\n";
    if (!body.empty() || (method != "GET" && method != "HEAD")) {
        out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    for (const auto& [name, value] : headers) {
        if (!http::is_token(name) || !http::is_field_value(value)) {
            return fail(ErrorCode::invalid, "header '" + name + "' of the request cannot be sent");
        }
        out.append(name).append(": ").append(value).append("\r\n");
    }
    out.append("\r\n").append(body);
    return out;
}

std::unexpected<Error> reader_error(const HttpClientOptions& options, ResponseReader::State state) {
    const auto name = http::server_name(options);
    if (state == ResponseReader::State::too_large) {
        return fail(ErrorCode::limit, name + ": the response is larger than allowed");
    }
    return fail(ErrorCode::corrupt, name + ": the response is not HTTP, or is incomplete");
}

// A server that rejects a request early may close the connection while the rest is being sent. Its
// response says more than the failed write, so it is read first.
Result<ResponseReader::State> exchange(const HttpClientOptions& options, std::string_view request,
                                       ResponseReader& reader) {
    auto connection = ClientConnection::open(options);
    if (!connection) return std::unexpected(connection.error());
    const auto deadline = Clock::now() + options.timeout;
    const auto sent = connection->send(request, deadline);
    std::array<char, 16384> buffer{};
    while (true) {
        const auto size = connection->receive(buffer, deadline);
        if (!size) return std::unexpected(sent ? size.error() : sent.error());
        if (*size == 0 && !reader.header_done()) {
            if (!sent) return std::unexpected(sent.error());
            return fail(ErrorCode::busy,
                        http::server_name(options) + " closed the connection without a response");
        }
        const auto state = *size == 0 ? reader.end() : reader.feed({buffer.data(), *size});
        if (state != ResponseReader::State::need_more) return state;
    }
}

std::unexpected<Error> refused(const HttpClientOptions& options, std::string_view target,
                               int status) {
    auto code = status < 500 ? ErrorCode::invalid : ErrorCode::busy;
    if (status == 404) code = ErrorCode::not_found;
    return fail(code, http::server_name(options) + " answers " + std::to_string(status) + " for " +
                          std::string(target));
}

}  // namespace

std::optional<std::string_view> HttpReply::header(std::string_view name) const noexcept {
    return find_header(headers, name);
}

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {}

Result<HttpReply> HttpClient::request(std::string_view method, std::string_view target,
                                      const HttpFields& headers, std::string_view body) const {
    const auto bytes = write_request(options_, method, target, headers, body);
    if (!bytes) return std::unexpected(bytes.error());
    HttpReply reply;
    const http::ParseLimits limits{
        .header_bytes = header_bytes_max, .headers = 256, .body_bytes = options_.body_bytes_max};
    ResponseReader reader(limits, method == "HEAD", [&](std::string_view piece) {
        reply.body += piece;
        return true;
    });
    const auto state = exchange(options_, *bytes, reader);
    if (!state) return std::unexpected(state.error());
    if (*state != ResponseReader::State::done) return reader_error(options_, *state);
    reply.status = reader.status();
    reply.headers = std::move(reader.headers());
    return reply;
}

Result<HttpClient::StreamEnd> HttpClient::stream(
    std::string_view target, const HttpFields& headers,
    const std::function<bool(const SseEvent&)>& on_event, const std::stop_token& stop) const {
    auto with_accept = headers;
    with_accept.emplace_back("Accept", "text/event-stream");
    const auto bytes = write_request(options_, "GET", target, with_accept, {});
    if (!bytes) return std::unexpected(bytes.error());
    auto connection = ClientConnection::open(options_);
    if (!connection) return std::unexpected(connection.error());
    if (auto sent = connection->send(*bytes, Clock::now() + options_.timeout); !sent) {
        return std::unexpected(sent.error());
    }

    auto decoded = http::SseDecoder::State::more;
    http::SseDecoder decoder(options_.event_bytes_max, on_event);
    ResponseReader* header = nullptr;
    const http::ParseLimits limits{
        .header_bytes = header_bytes_max, .headers = 256, .body_bytes = SIZE_MAX};
    ResponseReader reader(limits, false, [&](std::string_view piece) {
        if (header->status() != 200) return false;
        decoded = decoder.feed(piece);
        return decoded == http::SseDecoder::State::more;
    });
    header = &reader;

    std::array<char, 16384> buffer{};
    while (true) {
        const auto size = connection->receive(buffer, Clock::now() + options_.stream_silence, stop);
        if (stop.stop_requested()) return StreamEnd::by_caller;
        if (!size) return std::unexpected(size.error());
        const auto state = *size == 0 ? reader.end() : reader.feed({buffer.data(), *size});
        if (reader.header_done() && reader.status() != 200) {
            return refused(options_, target, reader.status());
        }
        if (state == ResponseReader::State::need_more) continue;
        if (state == ResponseReader::State::done) return StreamEnd::by_server;
        if (decoded == http::SseDecoder::State::stopped) return StreamEnd::by_caller;
        if (decoded == http::SseDecoder::State::too_large) {
            return reader_error(options_, ResponseReader::State::too_large);
        }
        if (*size == 0) {
            return fail(ErrorCode::busy, http::server_name(options_) +
                                             ": the stream was interrupted; resume it after the "
                                             "last event");
        }
        return reader_error(options_, state);
    }
}

}  // namespace quipu
