// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/parse.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace quipu::http {
namespace {

const ParseLimits small{.header_bytes = 200, .headers = 5, .body_bytes = 20, .query_params = 3};

// The status of the failure, or 0 for a valid request; checked to be the same for any split.
int outcome(std::string_view bytes, const ParseLimits& limits = small) {
    const auto whole = parse_request(bytes, limits);
    for (const std::size_t piece : {1U, 2U, 7U}) {
        RequestReader reader(limits);
        auto state = ParseState::need_more;
        for (std::size_t at = 0; at < bytes.size() && state == ParseState::need_more; at += piece) {
            state = reader.feed(bytes.substr(at, piece));
        }
        EXPECT_EQ(state == ParseState::done, whole.has_value()) << bytes << " in " << piece;
        if (whole && state == ParseState::done) {
            EXPECT_EQ(reader.request().body, whole->body);
            EXPECT_EQ(reader.request().headers, whole->headers);
        }
    }
    return whole ? 0 : whole.error().status;
}

std::string request(std::string_view line, std::string_view rest = {}) {
    return std::string(line) + "\r\nHost: a\r\n" + std::string(rest) + "\r\n";
}

TEST(HttpParse, ParsesAllPartsOfARequest) {
    const auto parsed = parse_request(
        "POST /a%20b/c?x=1&y=a+b HTTP/1.1\r\nHost: h:1\r\nx-two:  two \r\nX-Two: three\r\n"
        "Content-Length: 5\r\n\r\nhello",
        {});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->method, "POST");
    EXPECT_EQ(parsed->target, "/a%20b/c?x=1&y=a+b");
    EXPECT_EQ(parsed->path, "/a%20b/c");
    EXPECT_EQ(parsed->query_param("y"), "a b");
    EXPECT_FALSE(parsed->query_param("z"));
    EXPECT_EQ(parsed->header("X-TWO"), "two");
    EXPECT_EQ(parsed->headers.size(), 4U);
    EXPECT_FALSE(parsed->header("X-Tw"));
    EXPECT_EQ(parsed->body, "hello");
}

TEST(HttpParse, ReadsPipelinedRequests) {
    RequestReader reader({});
    const auto one = request("GET /1 HTTP/1.1");
    const auto two = request("POST /2 HTTP/1.1", "Content-Length: 3\r\n") + "abc";
    ASSERT_EQ(reader.feed(one + two + one.substr(0, 9)), ParseState::done);
    EXPECT_EQ(reader.request().path, "/1");
    EXPECT_TRUE(reader.keep_alive());
    ASSERT_EQ(reader.next(), ParseState::done);
    EXPECT_EQ(reader.request().body, "abc");
    ASSERT_EQ(reader.next(), ParseState::need_more);
    EXPECT_TRUE(reader.started());
    ASSERT_EQ(reader.feed(one.substr(9)), ParseState::done);
    EXPECT_EQ(reader.next(), ParseState::need_more);
    EXPECT_FALSE(reader.started());
}

TEST(HttpParse, ChunkedBodyWithExtensionsAndTrailers) {
    const auto parsed = parse_request(
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") +
            "3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nHost: evil\r\nX-Trailer: y\r\n\r\n",
        {});
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(parsed->body, "abc0123456789");
    EXPECT_EQ(parsed->header("Host"), "a");
    EXPECT_FALSE(parsed->header("X-Trailer"));
}

TEST(HttpParse, MalformedBytes) {
    const std::vector<std::string> bad{
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/1.1\n\n",
        "G ET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTX/1.1\r\nHost: a\r\n\r\n",
        std::string("\x16\x03\x01\x02\x00\x01\x00", 7),
        request("GET / HTTP/2.0"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        request("GET / HTTP/1.1", "no colon\r\n"),
        request("GET / HTTP/1.1", "space : x\r\n"),
        request("GET / HTTP/1.1", ": empty\r\n"),
        request("GET / HTTP/1.1", "bare: a\rb\r\n"),
        request("GET / HTTP/1.1", "bare: a\nb: c\r\n"),
        request("GET / HTTP/1.1", std::string("nul: a\0b\r\n", 10)),
        request("GET / HTTP/1.1", "Content-Length: x\r\n"),
        request("GET / HTTP/1.1", "Content-Length: -1\r\n"),
        request("GET / HTTP/1.1", "Content-Length: 99999999999999999999999\r\n"),
        request("GET / HTTP/1.1", "Content-Length: 1\r\nContent-Length: 2\r\n") + "ab",
        request("GET / HTTP/1.1", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") +
            "0\r\n\r\n",
        request("GET / HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n") +
            "0\r\n\r\n",
        request("GET / HTTP/1.0", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n",
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "zz\r\n",
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "2\r\nabc\r\n0\r\n\r\n",
        request("GET / HTTP/1.1", "Host: a\r\n"),
        "GET / HTTP/1.1\r\n\r\n",
        request("GET /a%zz?b=%zz HTTP/1.1"),
        request("GET /../etc HTTP/1.1"),
        request("GET host:80 HTTP/1.1"),
        request("CONNECT host:80 HTTP/1.1"),
        request("GET /?a&b&c&d HTTP/1.1"),
    };
    for (const auto& bytes : bad) EXPECT_EQ(outcome(bytes), 400) << bytes;
}

TEST(HttpParse, UnsupportedFeaturesAreNamed) {
    EXPECT_EQ(outcome(request("GET / HTTP/1.1", "Transfer-Encoding: gzip\r\n")), 501);
    EXPECT_EQ(outcome(request("GET / HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n")), 501);
    EXPECT_EQ(outcome(request("GET / HTTP/1.1", "Expect: miracle\r\n")), 417);
}

TEST(HttpParse, HeaderLimitsHoldForAnySplitOfTheBytes) {
    const auto of_size = [](std::size_t size) {
        auto text = request("GET / HTTP/1.1", "x: \r\n");
        return text.insert(text.size() - 4, std::string(size - text.size(), 'y'));
    };
    EXPECT_EQ(outcome(of_size(200)), 0);
    EXPECT_EQ(outcome(of_size(201)), 431);
    EXPECT_EQ(outcome("GET /" + std::string(300, 'a')), 431);
    EXPECT_EQ(outcome(request("GET / HTTP/1.1", "a: b\r\nc: d\r\ne: f\r\ng: h\r\n")), 0);
    EXPECT_EQ(outcome(request("GET / HTTP/1.1", "a: b\r\nc: d\r\ne: f\r\ng: h\r\ni: j\r\n")), 431);
    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 4; ++i) many += "name: " + std::string(60, 'v') + "\r\n";
    EXPECT_EQ(outcome(many), 431);
}

TEST(HttpParse, ChunkOverheadIsBounded) {
    const auto chunked = request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n");
    EXPECT_EQ(outcome(chunked + "1;" + std::string(300, 'a')), 431);
    EXPECT_EQ(outcome(chunked + "1;" + std::string(300, 'a') + "\r\na\r\n0\r\n\r\n"), 431);
    std::string trailers = chunked + "0\r\n";
    for (int i = 0; i < 30; ++i) trailers += "name: value\r\n";
    EXPECT_EQ(outcome(trailers), 431);
    EXPECT_EQ(outcome(trailers + "\r\n"), 431);
}

TEST(HttpParse, BodyIsBounded) {
    const auto counted = [](int size) {
        return request("POST / HTTP/1.1", "Content-Length: " + std::to_string(size) + "\r\n");
    };
    EXPECT_EQ(outcome(counted(20) + std::string(20, 'x')), 0);
    EXPECT_EQ(outcome(counted(21)), 413);
    const auto chunked = request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n");
    EXPECT_EQ(outcome(chunked + "14\r\n01234567890123456789\r\n0\r\n\r\n"), 0);
    EXPECT_EQ(outcome(chunked + "15\r\nx"), 413);
    EXPECT_EQ(outcome(chunked + "A\r\n0123456789\r\nB\r\n"), 413);
    EXPECT_EQ(outcome(chunked + "FFFFFFFFFFFFFFFF\r\n"), 413);
}

TEST(HttpParse, AbsoluteTargetNamesTheHost) {
    RequestReader reader({});
    ASSERT_EQ(reader.feed("GET http://b:2/x HTTP/1.1\r\nHost: a\r\n\r\n"), ParseState::done);
    EXPECT_EQ(reader.authority(), "b:2");
    EXPECT_EQ(reader.request().path, "/x");
}

TEST(HttpParse, ResponsesWithEveryKindOfBodyEnd) {
    const auto read = [](std::string_view bytes, bool closed, bool head = false) {
        std::string body;
        ResponseReader reader({}, head, [&](std::string_view piece) {
            body += piece;
            return true;
        });
        auto state = reader.feed(bytes);
        if (closed && state == ResponseReader::State::need_more) state = reader.end();
        return std::pair{state, body};
    };
    using State = ResponseReader::State;
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", false),
              std::pair(State::done, std::string("ab")));
    EXPECT_EQ(
        read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", false),
        std::pair(State::done, std::string("a")));
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\nabc", true), std::pair(State::done, std::string("abc")));
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", false, true).first, State::done);
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", true).first, State::malformed);
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", true).first,
              State::malformed);
    EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", false).first,
              State::too_large);
    EXPECT_EQ(read("220 mail.example ESMTP\r\n", true).first, State::malformed);
    EXPECT_EQ(read("", true).first, State::malformed);
    EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\n", true).first, State::malformed);
}

}  // namespace
}  // namespace quipu::http
