// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/write.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "quipu/base/text.hpp"

namespace quipu::http {
namespace {

std::string_view reason(int status) noexcept {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Other";
    }
}

// The form that RFC 9110 requires, in every locale: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date() {
    constexpr std::string_view days = "SunMonTueWedThuFriSat";
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::time_t seconds = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    const auto two = [](int n) {
        return std::string{static_cast<char>('0' + n / 10 % 10), static_cast<char>('0' + n % 10)};
    };
    std::string text{days.substr(static_cast<std::size_t>(utc.tm_wday) * 3, 3)};
    text += ", " + two(utc.tm_mday) + ' ';
    text += months.substr(static_cast<std::size_t>(utc.tm_mon) * 3, 3);
    text += ' ' + std::to_string(utc.tm_year + 1900) + ' ' + two(utc.tm_hour) + ':' +
            two(utc.tm_min) + ':' + two(utc.tm_sec) + " GMT";
    return text;
}

bool is_servers_own(std::string_view name) noexcept {
    constexpr std::array<std::string_view, 4> own{"Content-Length", "Transfer-Encoding",
                                                  "Connection", "Date"};
    return std::ranges::any_of(own, [&](auto other) { return equal_ignoring_case(name, other); });
}

void add(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

void add_body_headers(std::string& out, const HttpResponse& response, const WriteOptions& options) {
    if (!response.content_type.empty()) add(out, "Content-Type", response.content_type);
    switch (options.body_end) {
        case BodyEnd::by_length:
            if (response.status != 204 && response.status != 304) {
                add(out, "Content-Length", std::to_string(response.body.size()));
            }
            return;
        case BodyEnd::by_chunks: add(out, "Transfer-Encoding", "chunked"); return;
        case BodyEnd::by_close: return;
    }
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.contains(c);
    });
}

bool is_field_value(std::string_view text) noexcept {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && c != '\t') || byte == 0x7F;
    });
}

bool can_be_sent(const HttpResponse& response) noexcept {
    return response.status >= 200 && response.status <= 599 &&
           is_field_value(response.content_type) &&
           std::ranges::all_of(response.headers, [](const auto& header) {
               return is_token(header.first) && is_field_value(header.second);
           });
}

std::string write_response(const HttpResponse& response, const WriteOptions& options) {
    std::string out = "HTTP/1.1 " + std::to_string(response.status) + ' ';
    out.append(reason(response.status)).append("\r\n");
    add(out, "Date", http_date());
    add_body_headers(out, response, options);
    if (!find_header(response.headers, "X-Content-Type-Options")) {
        add(out, "X-Content-Type-Options", "nosniff");
    }
    for (const auto& [name, value] : response.headers) {
        if (!is_servers_own(name)) add(out, name, value);
    }
    if (!options.keep_alive) add(out, "Connection", "close");
    out += "\r\n";
    const bool bodiless = options.head_request || response.status == 204 || response.status == 304;
    if (options.body_end == BodyEnd::by_length && !bodiless) out += response.body;
    return out;
}

std::string write_chunk(std::string_view data) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16);
    std::string out(digits.data(), end.ptr);
    out.append("\r\n").append(data).append("\r\n");
    return out;
}

}  // namespace quipu::http
