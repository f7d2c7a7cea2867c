// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/message.hpp"

#include "quipu/base/hex.hpp"
#include "quipu/base/text.hpp"

namespace quipu {
namespace {

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            append_hex(out, c);
        } else {
            out += c;
        }
    }
    out += '"';
}

std::optional<std::string_view> find_exact(const HttpFields& fields, std::string_view name) {
    for (const auto& [key, value] : fields) {
        if (key == name) return value;
    }
    return std::nullopt;
}

int status_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid: return 400;
        case ErrorCode::not_found: return 404;
        case ErrorCode::conflict: return 409;
        case ErrorCode::limit: return 413;
        case ErrorCode::busy:
        case ErrorCode::unavailable: return 503;
        case ErrorCode::corrupt:
        case ErrorCode::internal: break;
    }
    return 500;
}

}  // namespace

std::optional<std::string_view> find_header(const HttpFields& headers,
                                            std::string_view name) noexcept {
    for (const auto& [key, value] : headers) {
        if (equal_ignoring_case(key, name)) return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const noexcept {
    return find_header(headers, name);
}

std::optional<std::string_view> HttpRequest::query_param(std::string_view name) const noexcept {
    return find_exact(query, name);
}

std::string_view HttpRequest::path_param(std::string_view name) const noexcept {
    return find_exact(path_params, name).value_or(std::string_view{});
}

std::string_view HttpRequest::last_event_id() const noexcept {
    return header("Last-Event-ID").value_or(std::string_view{});
}

HttpResponse HttpResponse::json(int status, std::string text) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(text);
    response.content_type = "application/json";
    return response;
}

HttpResponse HttpResponse::text(int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    response.content_type = "text/plain; charset=utf-8";
    return response;
}

HttpResponse HttpResponse::problem(int status, std::string_view type, std::string_view detail) {
    std::string body = "{\"detail\":";
    append_json_string(body, is_valid_utf8(detail) ? detail : "the text is not UTF-8");
    body += ",\"type\":";
    append_json_string(body, is_valid_utf8(type) ? type : "invalid");
    body += '}';
    return json(status, std::move(body));
}

HttpResponse HttpResponse::error(const Error& error) {
    const int status = status_of(error.code);
    return problem(status, to_string(error.code), status == 500 ? "internal error" : error.message);
}

HttpResponse HttpResponse::no_content() {
    HttpResponse response;
    response.status = 204;
    return response;
}

HttpResponse HttpResponse::event_stream(std::function<void(SseStream)> on_stream) {
    HttpResponse response;
    response.content_type = "text/event-stream";
    response.on_stream = std::move(on_stream);
    return response;
}

}  // namespace quipu
