// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <thread>

#include "http/testing.hpp"

namespace quipu {
namespace {

using namespace http_testing;
using ::testing::HasSubstr;

class HttpLimitsTest : public ServerTest {
  protected:
    static HttpHandler hello() {
        return [](const HttpRequest&) { return HttpResponse::text(200, "hello"); };
    }
};

constexpr const char* get_hello = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(HttpLimitsTest, BodyTooLarge) {
    make({.body_bytes_max = 1000}).route("POST", "/", hello());
    start();
    EXPECT_EQ(send("POST", "/", {}, std::string(1000, 'x')).status, 200);
    EXPECT_EQ(send("POST", "/", {}, std::string(1001, 'x')).status, 413);
    // The refusal arrives although most of the body was still on its way.
    EXPECT_EQ(send("POST", "/", {}, std::string(3'000'000, 'x')).status, 413);
}

TEST_F(HttpLimitsTest, HeadersTooLarge) {
    make({.header_bytes_max = 1000, .headers_max = 10}).route("GET", "/", hello());
    start();
    EXPECT_EQ(get("/", {{"X", std::string(500, 'x')}}).status, 200);
    EXPECT_EQ(get("/", {{"X", std::string(1000, 'x')}}).status, 431);
    EXPECT_EQ(get("/", HttpFields(10, {"X", "y"})).status, 431);
    EXPECT_EQ(get('/' + std::string(1000, 'x')).status, 431);
    RawConnection endless(server().port());
    endless.send("GET / HTTP/1.1\r\n");
    bool open = true;
    for (int i = 0; open && i < 1000; ++i) open = endless.send("X: y\r\n");
    EXPECT_EQ(status_of(endless.read_response()), 431);
}

TEST_F(HttpLimitsTest, SlowSenderIsCutOff) {
    make({.request_timeout = 100ms}).route("GET", "/", hello());
    start();
    RawConnection silent(server().port());
    RawConnection slow(server().port());
    RawConnection kept(server().port());
    slow.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
    EXPECT_EQ(status_of(slow.read_response()), 408);
    EXPECT_EQ(slow.read_all(), "");
    EXPECT_EQ(silent.read_all(), "");
    kept.send(get_hello);
}

TEST_F(HttpLimitsTest, TrickleDoesNotKeepARequestAlive) {
    make({.request_timeout = 200ms}).route("GET", "/", hello());
    start();
    RawConnection trickle(server().port());
    trickle.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ");
    while (trickle.send("y")) usleep(5000);
    EXPECT_EQ(server().stats().responses_4xx, 1U);
}

TEST_F(HttpLimitsTest, IdleConnectionIsClosed) {
    make({.idle_timeout = 50ms}).route("GET", "/", hello());
    start();
    RawConnection connection(server().port());
    connection.send(get_hello);
    EXPECT_EQ(status_of(connection.read_response()), 200);
    EXPECT_EQ(connection.read_all(), "");
}

TEST_F(HttpLimitsTest, PeerThatDoesNotReadIsCutOff) {
    make({.write_timeout = 100ms});
    server().route("GET", "/", [](const HttpRequest&) {
        return HttpResponse::text(200, std::string(32 << 20, 'x'));
    });
    start();
    RawConnection connection(server().port(), 4096);
    connection.send(get_hello);
    EXPECT_TRUE(eventually([&] { return server().stats().requests == 1; }));
    EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
}

TEST_F(HttpLimitsTest, ConnectionBeyondTheLimitGets503) {
    make({.connections_max = 2}).route("GET", "/", hello());
    start();
    auto first = std::make_unique<RawConnection>(server().port());
    RawConnection second(server().port());
    first->send(get_hello);
    second.send(get_hello);
    EXPECT_EQ(status_of(first->read_response()), 200);
    EXPECT_EQ(status_of(second.read_response()), 200);
    RawConnection third(server().port());
    EXPECT_EQ(status_of(third.read_all()), 503);
    EXPECT_EQ(server().stats().connections_refused, 1U);
    first.reset();
    EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 1; }));
    EXPECT_EQ(get("/").status, 200);
}

/// Leaves this process `left` descriptors to open, as long as it lives.
class FewDescriptors {
  public:
    explicit FewDescriptors(rlim_t left) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        const rlimit few{.rlim_cur = static_cast<rlim_t>(lowest_free) + left,
                         .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &few);
    }
    ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

  private:
    rlimit before_{};
};

TEST_F(HttpLimitsTest, ConnectionWaitsWhileDescriptorsAreExhausted) {
    make().route("GET", "/", hello());
    start();
    ASSERT_EQ(get("/").status, 200);
    ASSERT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
    std::optional<FewDescriptors> few(1);
    RawConnection waiting(server().port());  // takes the last one
    waiting.send(get_hello);
    usleep(300'000);
    EXPECT_EQ(server().stats().connections, 1U);
    few.reset();
    EXPECT_EQ(status_of(waiting.read_response()), 200);
}

TEST_F(HttpLimitsTest, RequestsThatWaitForAThreadAreBounded) {
    Watched<int> entered;
    Watched<bool> go{false};
    make({.handler_threads = 1, .queued_requests_max = 1});
    server().route("GET", "/", [&](const HttpRequest&) {
        entered.change([](int& n) { ++n; });
        EXPECT_TRUE(go.wait_for(true));
        return HttpResponse::text(200, "hello");
    });
    start();
    RawConnection running(server().port());
    running.send(get_hello);
    ASSERT_TRUE(entered.wait_for(1));
    RawConnection waiting(server().port());
    waiting.send(get_hello);
    ASSERT_TRUE(eventually([&] { return server().stats().requests == 2; }));
    RawConnection refused(server().port());
    refused.send(get_hello);
    const auto response = refused.read_response();
    EXPECT_EQ(status_of(response), 503);
    EXPECT_THAT(response, HasSubstr("Retry-After: 1\r\n"));
    EXPECT_EQ(get("/missing").status, 404);  // needs no handler thread
    go.set(true);
    EXPECT_EQ(status_of(running.read_response()), 200);
    EXPECT_EQ(status_of(waiting.read_response()), 200);
}

TEST_F(HttpLimitsTest, MalformedBytesAreAnsweredAndForgotten) {
    make().route("GET", "/", hello());
    start();
    for (const auto* bytes : {"\r\n\r\n", "GET\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
                              "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "\x16\x03\x01\x02",
                              "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
                              "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
        EXPECT_EQ(raw_status(bytes), 400) << bytes;
    }
    std::mt19937 random(7);
    for (int i = 0; i < 200; ++i) {
        RawConnection connection(server().port());
        std::string bytes(random() % 300, '\0');
        for (auto& c : bytes) c = static_cast<char>(random());
        connection.send((i % 2 != 0 ? std::string(get_hello) : std::string{}) + bytes);
        connection.close_sending();
        (void)connection.read_all();
    }
    EXPECT_EQ(get("/").body, "hello");
    EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
}

TEST_F(HttpLimitsTest, PeersThatVanishLeaveNothingBehind) {
    make({.handler_threads = 2}).route("GET", "/", hello());
    start();
    for (int i = 0; i < 100; ++i) {
        RawConnection connection(server().port());
        connection.send(std::string(get_hello).substr(0, static_cast<std::size_t>(i)));
        connection.send(get_hello);
    }
    EXPECT_TRUE(eventually([&] { return server().stats().connections_open == 0; }));
}

TEST_F(HttpLimitsTest, StopLetsARequestInFlightFinish) {
    Watched<bool> entered{false};
    Watched<bool> go{false};
    make().route("GET", "/", [&](const HttpRequest& request) {
        entered.set(true);
        const std::stop_callback on_stop(request.stopping, [&] { go.set(true); });
        EXPECT_TRUE(go.wait_for(true));
        return HttpResponse::text(200, "finished");
    });
    start();
    RawConnection idle(server().port());
    RawConnection busy(server().port());
    busy.send(get_hello);
    ASSERT_TRUE(entered.wait_for(true));
    const auto port = server().port();
    server().stop();
    const auto response = busy.read_all();
    EXPECT_THAT(response, HasSubstr("finished"));
    EXPECT_THAT(response, HasSubstr("Connection: close"));
    EXPECT_EQ(idle.read_all(), "");
    const auto refused = HttpClient({.port = port}).request("GET", "/");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    server().stop();
}

TEST_F(HttpLimitsTest, StopClosesConnectionsAfterTheGracePeriod) {
    Watched<bool> entered{false};
    Watched<bool> go{false};
    make({.stop_grace = 50ms}).route("GET", "/", [&](const HttpRequest&) {
        entered.set(true);
        EXPECT_TRUE(go.wait_for(true));
        return HttpResponse::text(200, "too late");
    });
    start();
    RawConnection connection(server().port());
    connection.send(get_hello);
    ASSERT_TRUE(entered.wait_for(true));
    std::jthread stopper([&] { server().stop(); });
    EXPECT_EQ(connection.read_all(), "");
    go.set(true);
}

TEST_F(HttpLimitsTest, StopUnderLoad) {
    for (int round = 0; round < 5; ++round) {
        make({.handler_threads = 2}).route("GET", "/", hello());
        start();
        const auto port = server().port();
        std::atomic<bool> done{false};
        Watched<int> answered;
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, port] {
                while (!done) {
                    const auto reply =
                        HttpClient({.port = port, .timeout = forever}).request("GET", "/");
                    if (reply && reply->body == "hello") answered.change([](int& n) { ++n; });
                }
            });
        }
        EXPECT_TRUE(answered.wait([](int n) { return n >= 20; }));
        server().stop();
        done = true;
    }
}

}  // namespace
}  // namespace quipu
