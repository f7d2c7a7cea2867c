// SPDX-License-Identifier: Apache-2.0
#include "quipu/http/client.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "http/testing.hpp"
#include "support/temp_directory.hpp"

namespace quipu {
namespace {

using namespace http_testing;
using ::testing::HasSubstr;

int mode_of(const std::string& path) {
    struct stat info{};
    return ::lstat(path.c_str(), &info) == 0 ? static_cast<int>(info.st_mode & 0777U) : -1;
}

// What a process leaves that died without cleaning up.
void leave_stale_socket(const std::string& path) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(descriptor, 1), 0);
    ::close(descriptor);
}

class HttpUnixTest : public ServerTest {
  protected:
    HttpServer& make_unix(const std::string& path) {
        make({.address = "", .unix_socket_path = path});
        server().route("GET", "/peer", [](const HttpRequest& request) {
            return HttpResponse::text(200, request.peer);
        });
        return server();
    }
    static Result<HttpReply> ask(const std::string& path) {
        return HttpClient({.unix_socket_path = path, .timeout = forever}).request("GET", "/peer");
    }
    test::TempDirectory directory_;
};

TEST_F(HttpUnixTest, AnswersOverAPrivateSocket) {
    const auto path = directory_.file("s");
    make_unix(path);
    start();
    EXPECT_EQ(server().port(), 0);
    EXPECT_EQ(mode_of(path), 0600);
    const auto reply = ask(path);
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "unix:uid=" + std::to_string(::getuid()));
    server().stop();
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(HttpUnixTest, ListensOnTcpAndUnixSocketTogether) {
    const auto path = directory_.file("s");
    make({.unix_socket_path = path});
    server().route("GET", "/peer", [](const HttpRequest& request) {
        return HttpResponse::text(200, request.peer);
    });
    start();
    EXPECT_THAT(get("/peer").body, HasSubstr("127.0.0.1:"));
    EXPECT_THAT(ask(path)->body, HasSubstr("unix:uid="));
}

TEST_F(HttpUnixTest, StaleSocketIsReplaced) {
    const auto path = directory_.file("s");
    leave_stale_socket(path);
    ASSERT_TRUE(std::filesystem::exists(path));
    make_unix(path);
    start();
    EXPECT_TRUE(ask(path));
}

TEST_F(HttpUnixTest, LiveSocketIsNotTaken) {
    const auto path = directory_.file("s");
    make_unix(path);
    start();
    HttpServer second({.address = "", .unix_socket_path = path});
    const auto started = second.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::busy);
    second.stop();
    EXPECT_TRUE(ask(path));
}

TEST_F(HttpUnixTest, OneOfManyConcurrentServersGetsTheSocket) {
    const auto path = directory_.file("s");
    leave_stale_socket(path);
    std::vector<std::unique_ptr<HttpServer>> servers;
    for (int i = 0; i < 8; ++i) {
        servers.push_back(std::make_unique<HttpServer>(
            HttpServerOptions{.address = "", .unix_socket_path = path}));
    }
    std::atomic<int> started{0};
    {
        std::vector<std::jthread> threads;
        for (const auto& server : servers) {
            threads.emplace_back([&] { started += server->start() ? 1 : 0; });
        }
    }
    EXPECT_EQ(started, 1);
    EXPECT_TRUE(ask(path));
}

TEST_F(HttpUnixTest, OtherFilesAreLeftAlone) {
    const auto path = directory_.file("s");
    std::ofstream(path) << "precious";
    const auto started = make_unix(path).start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::invalid);
    EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST_F(HttpUnixTest, FileOfASuccessorIsLeftAlone) {
    const auto path = directory_.file("s");
    make_unix(path);
    start();
    std::filesystem::remove(path);
    std::ofstream(path) << "other";
    server().stop();
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(HttpUnixTest, PathTooLong) {
    const auto path = directory_.file(std::string(108, 'x').c_str());
    const auto started = make_unix(path).start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::invalid);
    EXPECT_THAT(started.error().message, HasSubstr("at most 107"));
    EXPECT_EQ(ask(path).error().code, ErrorCode::invalid);
    EXPECT_EQ(make_unix(directory_.file("missing/s")).start().error().code, ErrorCode::invalid);
}

TEST(HttpClientTest, NothingListensIsUnavailable) {
    const test::TempDirectory directory;
    const auto absent =
        HttpClient({.unix_socket_path = directory.file("none")}).request("GET", "/");
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, ErrorCode::unavailable);
    EXPECT_THAT(absent.error().message, HasSubstr("nothing listens"));

    leave_stale_socket(directory.file("stale"));
    const HttpClient stale({.unix_socket_path = directory.file("stale")});
    EXPECT_EQ(stale.request("GET", "/").error().code, ErrorCode::unavailable);
    const auto stream = stale.stream("/", {}, [](const SseEvent&) { return true; });
    EXPECT_EQ(stream.error().code, ErrorCode::unavailable);

    HttpServer server({});
    ASSERT_TRUE(server.start());
    const auto port = server.port();
    server.stop();
    EXPECT_EQ(HttpClient({.port = port}).request("GET", "/").error().code, ErrorCode::unavailable);
}

class HttpClientServerTest : public ServerTest {};

TEST_F(HttpClientServerTest, ServerThatDoesNotAnswerIsBusy) {
    // The handler may still be in it when the test is over.
    const auto go = std::make_shared<Watched<bool>>(false);
    make().route("GET", "/", [go](const HttpRequest&) {
        EXPECT_TRUE(go->wait_for(true));
        return HttpResponse::no_content();
    });
    start();
    const auto reply = HttpClient({.port = server().port(), .timeout = 50ms}).request("GET", "/");
    go->set(true);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ErrorCode::busy);
}

TEST_F(HttpClientServerTest, AnswerIsBounded) {
    make().route("GET", "/", [](const HttpRequest&) {
        return HttpResponse::text(200, std::string(1001, 'x'));
    });
    start();
    const auto port = server().port();
    EXPECT_EQ(HttpClient({.port = port, .body_bytes_max = 1000}).request("GET", "/").error().code,
              ErrorCode::limit);
    EXPECT_TRUE(HttpClient({.port = port, .body_bytes_max = 1001}).request("GET", "/"));
}

TEST_F(HttpClientServerTest, RequestsThatCannotBeSent) {
    make();
    start();
    for (const auto* target : {"", "a", "/a b", "/a\r\nHost: x", "/\n"}) {
        EXPECT_EQ(client().request("GET", target).error().code, ErrorCode::invalid) << target;
    }
    EXPECT_EQ(client().request("G T", "/").error().code, ErrorCode::invalid);
    EXPECT_EQ(client().request("GET", "/", {{"X", "a\r\nb"}}).error().code, ErrorCode::invalid);
    EXPECT_EQ(client().request("GET", "/", {{"X\r\n", "a"}}).error().code, ErrorCode::invalid);
    EXPECT_EQ(server().stats().requests, 0U);
}

TEST_F(HttpClientServerTest, StreamWithAnErrorStatusIsAnError) {
    make().route("GET", "/plain", [](const HttpRequest&) { return HttpResponse::text(403, "no"); });
    start();
    const auto any = [](const SseEvent&) { return true; };
    EXPECT_EQ(client().stream("/missing", {}, any).error().code, ErrorCode::not_found);
    EXPECT_EQ(client().stream("/plain", {}, any).error().code, ErrorCode::invalid);
}

TEST_F(HttpClientServerTest, StreamCanBeStoppedFromOutside) {
    Watched<std::vector<SseStream>> kept;
    make().route("GET", "/events", [&](const HttpRequest&) {
        return HttpResponse::event_stream([&](const SseStream& stream) {
            kept.change([&](auto& all) { all.push_back(stream); });
        });
    });
    start();
    std::stop_source stop;
    const std::jthread stopper([&] {
        EXPECT_TRUE(kept.wait([](const auto& all) { return !all.empty(); }));
        stop.request_stop();
    });
    const auto end =
        client().stream("/events", {}, [](const SseEvent&) { return true; }, stop.get_token());
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(*end, HttpClient::StreamEnd::by_caller);
}

TEST_F(HttpClientServerTest, SilentStreamTimesOut) {
    Watched<std::vector<SseStream>> kept;
    make().route("GET", "/events", [&](const HttpRequest&) {
        return HttpResponse::event_stream([&](const SseStream& stream) {
            kept.change([&](auto& all) { all.push_back(stream); });
        });
    });
    start();
    const auto end = HttpClient({.port = server().port(), .stream_silence = 50ms})
                         .stream("/events", {}, [](const SseEvent&) { return true; });
    EXPECT_TRUE(kept.wait([](const auto& all) { return !all.empty(); }));
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, ErrorCode::busy);
}

TEST_F(HttpClientServerTest, EventOfAStreamIsBounded) {
    make().route("GET", "/events", [](const HttpRequest&) {
        return HttpResponse::event_stream([](const SseStream& stream) {
            stream.push({.id = {}, .event = {}, .data = std::string(1001, 'x')});
        });
    });
    start();
    const auto end = HttpClient({.port = server().port(), .event_bytes_max = 1000})
                         .stream("/events", {}, [](const SseEvent&) { return true; });
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace quipu
