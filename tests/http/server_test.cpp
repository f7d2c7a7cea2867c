// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/server.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "http/testing.hpp"

namespace quipu {
namespace {

using namespace http_testing;
using ::testing::HasSubstr;
using ::testing::Not;

HttpHandler echo() {
    return [](const HttpRequest& request) {
        return HttpResponse::text(200, request.method + ' ' + request.body);
    };
}

class HttpServerTest : public ServerTest {};

TEST_F(HttpServerTest, HandlerReceivesTheWholeRequest) {
    make().route("POST", "/executions/{id}/logs/{name}", [](const HttpRequest& request) {
        std::string text = request.route + '|' + request.path;
        text += '|' + std::string(request.path_param("id"));
        text += '|' + std::string(request.path_param("name"));
        text += '|' + std::string(request.path_param("other"));
        text += '|' + std::string(request.query_param("q").value_or("none"));
        text += '|' + std::string(request.header("x-custom").value_or("none"));
        text += '|' + request.body;
        text += request.peer.starts_with("127.0.0.1:") ? "|tcp" : "|?";
        return HttpResponse::text(201, text);
    });
    start();
    const auto reply =
        send("POST", "/executions/a%2Fb/logs/%C3%BC?q=1+2&q=3", {{"X-Custom", "yes"}}, "body");
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.body,
              "/executions/{id}/logs/{name}|/executions/a%2Fb/logs/%C3%BC|a/b|\xC3\xBC||1 2|yes|"
              "body|tcp");
    EXPECT_EQ(reply.header("content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
    EXPECT_TRUE(reply.header("Date"));
}

TEST_F(HttpServerTest, UnknownPathAndWrongMethod) {
    make().route("GET", "/a/{id}", echo());
    server().route("DELETE", "/a/{id}", echo());
    start();
    EXPECT_EQ(get("/b").status, 404);
    EXPECT_EQ(get("/b").body,
              "{\"detail\":\"there is nothing at this path\",\"type\":\"not_found\"}");
    EXPECT_EQ(get("/b").header("Content-Type"), "application/json");
    const auto wrong = send("POST", "/a/1");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("Allow"), "DELETE, GET, HEAD, OPTIONS");
    const auto options = send("OPTIONS", "/a/1");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.header("Allow"), "DELETE, GET, HEAD, OPTIONS");
    EXPECT_FALSE(options.header("Content-Length"));
}

TEST_F(HttpServerTest, BadEscapesAreRefused) {
    make().route("GET", "/a/{id}", echo());
    start();
    for (const auto* target :
         {"/a/%", "/a/%4", "/a/%zz", "/a/%00", "/a/%80", "/a/b?x=%", "/a/%2e%2e", "/a/../b"}) {
        EXPECT_EQ(get(target).status, 400) << target;
    }
    EXPECT_EQ(get("/a/%41").status, 200);
}

TEST_F(HttpServerTest, HeadHasTheLengthButNoBody) {
    make().route("GET", "/", [](const HttpRequest&) { return HttpResponse::text(200, "12345"); });
    start();
    RawConnection connection(server().port());
    connection.send("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto response = connection.read_all();
    EXPECT_THAT(response, HasSubstr("Content-Length: 5\r\n"));
    EXPECT_EQ(body_of(response), "");
    EXPECT_EQ(send("HEAD", "/").status, 200);
}

TEST_F(HttpServerTest, HandlerThatThrowsIsA500WithoutItsText) {
    Watched<std::string> reported;
    make({.on_error = [&](std::string_view text) { reported.set(std::string(text)); }});
    server().route("GET", "/throws/{id}",
                   [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret"); });
    server().route("GET", "/int", [](const HttpRequest&) -> HttpResponse { throw 7; });
    start();
    const auto reply = get("/throws/1");
    EXPECT_EQ(reply.status, 500);
    EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
    EXPECT_EQ(reported.get(), "GET /throws/{id}: secret");
    EXPECT_EQ(get("/int").status, 500);
    EXPECT_EQ(server().stats().responses_5xx, 2U);
}

TEST_F(HttpServerTest, ResponseWithLineBreakInAHeaderIsA500) {
    make();
    server().route("GET", "/{what}", [](const HttpRequest& request) {
        auto response = HttpResponse::text(200, "x");
        const auto what = request.path_param("what");
        if (what == "value") response.headers.emplace_back("X", "a\r\nSet-Cookie: b");
        if (what == "name") response.headers.emplace_back("X: a\r\nY", "b");
        if (what == "type") response.content_type = "a\nb";
        if (what == "status") response.status = 99;
        if (what == "own") response.headers.emplace_back("content-length", "99");
        return response;
    });
    start();
    for (const auto* what : {"/value", "/name", "/type", "/status"}) {
        const auto reply = get(what);
        EXPECT_EQ(reply.status, 500) << what;
        EXPECT_FALSE(reply.header("Set-Cookie"));
    }
    EXPECT_EQ(get("/own").header("Content-Length"), "1");
    EXPECT_EQ(get("/own").body, "x");
}

TEST_F(HttpServerTest, GuardRunsBeforeTheHandler) {
    std::atomic<int> handled{0};
    make().route("GET", "/a", [&](const HttpRequest&) {
        ++handled;
        return HttpResponse::no_content();
    });
    server().guard([](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.header("Authorization") == "Bearer good") return std::nullopt;
        return HttpResponse::problem(401, "unauthorized", "a token is needed for " + request.route);
    });
    start();
    EXPECT_EQ(get("/a").status, 401);
    EXPECT_EQ(handled, 0);
    EXPECT_EQ(get("/a", {{"Authorization", "Bearer good"}}).status, 204);
    EXPECT_EQ(handled, 1);
}

TEST_F(HttpServerTest, ForeignHostsAndOriginsAreRefused) {
    std::atomic<int> handled{0};
    make().route("POST", "/a", [&](const HttpRequest&) {
        ++handled;
        return HttpResponse::no_content();
    });
    start();
    EXPECT_EQ(raw_status("POST /a HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n"),
              421);
    EXPECT_EQ(raw_status("POST http://evil.example/a HTTP/1.1\r\nHost: localhost\r\n\r\n"), 421);
    EXPECT_EQ(send("POST", "/a", {{"Origin", "http://evil.example"}}).status, 403);
    EXPECT_EQ(handled, 0);
    const auto own = "http://127.0.0.1:" + std::to_string(server().port());
    EXPECT_EQ(send("POST", "/a", {{"Origin", own}}).status, 204);
}

TEST_F(HttpServerTest, RemoteAddressNeedsAllowRemote) {
    for (const auto* address : {"0.0.0.0", "::", "10.1.2.3", "192.0.2.1"}) {
        const auto started = make({.address = address}).start();
        ASSERT_FALSE(started) << address;
        EXPECT_EQ(started.error().code, ErrorCode::invalid);
        EXPECT_THAT(started.error().message, HasSubstr("allow_remote"));
    }
    EXPECT_TRUE(make({.address = "0.0.0.0", .allow_remote = true}).start());
    EXPECT_TRUE(make({.address = "127.0.0.2"}).start());
    EXPECT_TRUE(make({.address = "localhost"}).start());
}

TEST_F(HttpServerTest, AddressesThatCannotBeUsed) {
    EXPECT_EQ(make({.address = "nowhere"}).start().error().code, ErrorCode::invalid);
    EXPECT_EQ(make({.address = ""}).start().error().code, ErrorCode::invalid);
    make();
    start();
    HttpServer second({.port = server().port()});
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::busy);
    EXPECT_THAT(started.error().message, HasSubstr(std::to_string(server().port())));
    EXPECT_FALSE(server().start());
}

TEST_F(HttpServerTest, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
    make({.handler_threads = 8}).route("POST", "/", echo());
    start();
    RawConnection connection(server().port());
    std::string all;
    for (int i = 0; i < 50; ++i) {
        const auto body = std::to_string(i);
        all +=
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
    }
    connection.send(all);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(body_of(connection.read_response()), "POST " + std::to_string(i));
    }
    EXPECT_EQ(server().stats().connections, 1U);
    connection.send("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(connection.read_all(), HasSubstr("Connection: close\r\n"));
}

TEST_F(HttpServerTest, RequestInSingleBytes) {
    make().route("POST", "/", echo());
    start();
    RawConnection connection(server().port());
    const std::string_view bytes =
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    for (std::size_t i = 0; i < bytes.size(); ++i) ASSERT_TRUE(connection.send(bytes.substr(i, 1)));
    EXPECT_EQ(body_of(connection.read_response()), "POST abc");
}

TEST_F(HttpServerTest, ExpectContinueIsAnswered) {
    make().route("POST", "/", echo());
    start();
    RawConnection connection(server().port());
    connection.send(
        "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    ASSERT_TRUE(connection.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
    connection.received().clear();
    connection.send("ab");
    EXPECT_EQ(body_of(connection.read_response()), "POST ab");
    EXPECT_EQ(raw_status("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                         "Content-Length: 2000000\r\n\r\n"),
              413);
}

TEST_F(HttpServerTest, ManyConnections) {
    make({.handler_threads = 4}).route("POST", "/", echo());
    start();
    for (int i = 0; i < 200; ++i) {
        ASSERT_EQ(send("POST", "/", {}, std::to_string(i)).body, "POST " + std::to_string(i));
    }
    std::atomic<int> right{0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 64; ++i) {
            threads.emplace_back([&, i] {
                const auto body = std::string(20'000, static_cast<char>('a' + i % 26));
                for (int j = 0; j < 5; ++j) {
                    if (send("POST", "/", {}, body).body == "POST " + body) ++right;
                }
            });
        }
    }
    EXPECT_EQ(right, 64 * 5);
    EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
    EXPECT_EQ(server().stats().requests, 200U + 64U * 5U);
}

TEST_F(HttpServerTest, LargeResponse) {
    const std::string body(8 << 20, 'x');
    make().route("GET", "/", [&](const HttpRequest&) { return HttpResponse::text(200, body); });
    start();
    EXPECT_EQ(get("/").body, body);
}

TEST_F(HttpServerTest, ProblemsAreValidJson) {
    EXPECT_EQ(HttpResponse::problem(400, "a", "say \"hi\"\\\n\x01").body,
              "{\"detail\":\"say \\\"hi\\\"\\\\\\u000a\\u0001\",\"type\":\"a\"}");
    EXPECT_THAT(HttpResponse::problem(400, "a", "\xFF").body, Not(HasSubstr("\xFF")));
    EXPECT_EQ(HttpResponse::error({ErrorCode::not_found, "no x"}).status, 404);
    EXPECT_THAT(HttpResponse::error({ErrorCode::not_found, "no x"}).body, HasSubstr("no x"));
    EXPECT_EQ(HttpResponse::error({ErrorCode::internal, "inside"}).status, 500);
    EXPECT_THAT(HttpResponse::error({ErrorCode::corrupt, "inside"}).body, Not(HasSubstr("inside")));
}

TEST_F(HttpServerTest, RoutesCannotBeAddedAfterStart) {
    make().route("GET", "/a/{id}", echo());
    EXPECT_THROW(server().route("GET", "/a/{id}", echo()), std::invalid_argument);
    start();
    EXPECT_THROW(server().route("GET", "/b", echo()), std::logic_error);
    EXPECT_THROW(server().guard({}), std::logic_error);
    const std::vector<std::pair<std::string, std::string>> wanted{{"GET", "/a/{id}"}};
    EXPECT_EQ(server().routes(), wanted);
}

}  // namespace
}  // namespace quipu
