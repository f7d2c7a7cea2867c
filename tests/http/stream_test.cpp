// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "http/testing.hpp"

namespace quipu {
namespace {

using namespace http_testing;
using ::testing::HasSubstr;

constexpr const char* get_events = "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n";

SseEvent numbered(int n, std::string data = "data") {
    return {.id = std::to_string(n), .event = "count", .data = std::move(data)};
}

class HttpStreamTest : public ServerTest {
  protected:
    /// Route /events, whose streams are handed to `on_stream`.
    void serve(std::function<void(const HttpRequest&, SseStream)> on_stream) {
        server().route("GET", "/events", [on_stream](const HttpRequest& request) {
            return HttpResponse::event_stream(
                [on_stream, request](SseStream stream) { on_stream(request, std::move(stream)); });
        });
        start();
    }
    /// Ids of the events read after `last`, at most `count`.
    [[nodiscard]] std::vector<int> read_ids(std::string last, std::size_t count) const {
        std::vector<int> ids;
        const auto end = client().stream("/events", {{"Last-Event-ID", std::move(last)}},
                                         [&](const SseEvent& event) {
                                             ids.push_back(std::stoi(event.id));
                                             return ids.size() < count;
                                         });
        EXPECT_TRUE(end) << end.error().message;
        return ids;
    }
};

TEST_F(HttpStreamTest, EventsArriveInOrderAndWhole) {
    make();
    serve([](const HttpRequest&, const SseStream& stream) {
        for (int i = 0; i < 100; ++i)
            stream.push(numbered(i, "line one\nline " + std::to_string(i)));
    });
    int next = 0;
    const auto end = client().stream("/events", {}, [&](const SseEvent& event) {
        EXPECT_EQ(event.id, std::to_string(next));
        EXPECT_EQ(event.event, "count");
        EXPECT_EQ(event.data, "line one\nline " + std::to_string(next));
        ++next;
        return true;
    });
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(*end, HttpClient::StreamEnd::by_server);
    EXPECT_EQ(next, 100);
    EXPECT_TRUE(eventually([&] { return server().stats().streams_open == 0; }));
}

TEST_F(HttpStreamTest, HeadersOfAStream) {
    make();
    serve([](const HttpRequest&, const SseStream& stream) { stream.push(numbered(1)); });
    RawConnection connection(server().port());
    connection.send(get_events);
    const auto response = connection.read_all();
    EXPECT_THAT(response, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(response, HasSubstr("Cache-Control: no-store\r\n"));
    EXPECT_THAT(response, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_TRUE(response.ends_with("\r\n0\r\n\r\n"));

    RawConnection old(server().port());
    old.send("GET /events HTTP/1.0\r\n\r\n");
    EXPECT_EQ(body_of(old.read_all()), "id: 1\nevent: count\ndata: data\n\n");

    RawConnection head(server().port());
    head.send("HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(body_of(head.read_all()), "");
}

TEST_F(HttpStreamTest, ClientResumesAfterTheLastId) {
    make();
    serve([](const HttpRequest& request, const SseStream& stream) {
        const auto last = request.last_event_id();
        int next = last.empty() ? 0 : std::stoi(std::string(last)) + 1;
        for (; next < 10; ++next) stream.push(numbered(next));
    });
    EXPECT_EQ(read_ids("", 4), (std::vector{0, 1, 2, 3}));
    EXPECT_EQ(read_ids("3", 4), (std::vector{4, 5, 6, 7}));
    EXPECT_EQ(read_ids("7", 4), (std::vector{8, 9}));
}

// The whole loop of a log follower: batches while there is a backlog, woken for what is new.
TEST_F(HttpStreamTest, DrainAndWakeFollowALogWithoutAThread) {
    struct Log {
        std::mutex mutex;
        int end = 500;
        std::vector<SseStream> followers;
    };
    auto log = std::make_shared<Log>();
    make({.stream_events_max = 20});
    serve([log](const HttpRequest&, const SseStream& stream) {
        auto cursor = std::make_shared<int>(0);
        const std::scoped_lock lock(log->mutex);
        log->followers.push_back(stream);
        const auto index = log->followers.size() - 1;
        stream.on_drain([log, cursor, index] {
            std::unique_lock inner(log->mutex);
            const int end = std::min(log->end, *cursor + 15);
            const auto follower = log->followers[index];
            inner.unlock();
            for (; *cursor < end; ++*cursor) EXPECT_TRUE(follower.push(numbered(*cursor)));
        });
    });
    std::vector<int> ids;
    const auto end = client().stream("/events", {}, [&](const SseEvent& event) {
        ids.push_back(std::stoi(event.id));
        if (ids.size() >= 500 && ids.size() < 600) {
            const std::scoped_lock lock(log->mutex);
            ++log->end;
            log->followers.front().wake();
        }
        return ids.size() < 600;
    });
    ASSERT_TRUE(end) << end.error().message;
    ASSERT_EQ(ids.size(), 600U);
    for (int i = 0; i < 600; ++i) EXPECT_EQ(ids[static_cast<std::size_t>(i)], i);
    EXPECT_TRUE(eventually([&] { return server().stats().streams_open == 0; }));
    EXPECT_TRUE(log->followers.front().closed());
    server().stop();
    log->followers.clear();
}

TEST_F(HttpStreamTest, ProducerWithAThreadWaitsForRoom) {
    std::vector<std::jthread> producers;
    Watched<int> done;
    make({.stream_events_max = 8});
    serve([&](const HttpRequest&, const SseStream& stream) {
        producers.emplace_back([&done, stream] {
            for (int i = 0; i < 2000; ++i) {
                ASSERT_TRUE(stream.wait_for_room(forever));
                ASSERT_TRUE(stream.push(numbered(i)));
            }
            stream.close();
            EXPECT_FALSE(stream.push(numbered(-1)));
            EXPECT_FALSE(stream.wait_for_room(1ms));
            done.set(1);
        });
    });
    const auto ids = read_ids("", 5000);
    ASSERT_EQ(ids.size(), 2000U);
    EXPECT_TRUE(std::ranges::is_sorted(ids));
    EXPECT_TRUE(done.wait_for(1));
}

TEST_F(HttpStreamTest, PushFromManyThreads) {
    make({.stream_events_max = 100'000, .stream_bytes_max = 100 << 20});
    std::vector<std::jthread> producers;
    serve([&](const HttpRequest&, const SseStream& stream) {
        for (int t = 0; t < 4; ++t) {
            producers.emplace_back([stream, t] {
                for (int i = 0; i < 500; ++i) stream.push(numbered(t * 1000 + i));
            });
        }
    });
    auto ids = read_ids("", 10'000);
    EXPECT_EQ(ids.size(), 2000U);
    for (int t = 0; t < 4; ++t) {
        std::vector<int> own;
        std::ranges::copy_if(ids, std::back_inserter(own), [&](int id) { return id / 1000 == t; });
        EXPECT_TRUE(std::ranges::is_sorted(own));
    }
}

TEST_F(HttpStreamTest, SlowReaderIsDisconnectedAndBlocksNobody) {
    Watched<bool> cut{false};
    std::jthread producer;
    make({.handler_threads = 1, .stream_events_max = 16});
    server().route("GET", "/hello",
                   [](const HttpRequest&) { return HttpResponse::text(200, "hello"); });
    serve([&](const HttpRequest& request, const SseStream& stream) {
        if (request.query_param("fast")) {
            for (int i = 0; i < 10; ++i) stream.push(numbered(i));
            return;
        }
        stream.on_close([&] { cut.set(true); });
        producer = std::jthread([stream] {
            const std::string large(100'000, 'x');
            for (int i = 0; stream.push(numbered(i, large)); ++i) usleep(100);
            EXPECT_TRUE(stream.closed());
        });
    });
    RawConnection slow(server().port(), 4096);
    slow.send(get_events);
    ASSERT_TRUE(slow.read_until("\r\n\r\n"));
    EXPECT_EQ(get("/hello").body, "hello");
    int fast = 0;
    EXPECT_TRUE(client().stream("/events?fast", {}, [&](const SseEvent&) { return ++fast < 10; }));
    EXPECT_TRUE(cut.wait_for(true));
    EXPECT_TRUE(eventually([&] { return server().stats().streams_open == 0; }));
    EXPECT_FALSE(slow.read_all().ends_with("\r\n0\r\n\r\n"));  // cut, not ended
}

TEST_F(HttpStreamTest, InterruptedStreamIsAnErrorThatSaysResume) {
    make({.stream_events_max = 4});
    serve([](const HttpRequest&, const SseStream& stream) {
        for (int i = 0; i < 1'000'000 && stream.push(numbered(i)); ++i) {
        }
    });
    const auto end = client().stream("/events", {}, [](const SseEvent&) { return true; });
    ASSERT_FALSE(end);
    EXPECT_TRUE(end.error().retryable());
    EXPECT_NE(end.error().code, ErrorCode::unavailable);
}

TEST_F(HttpStreamTest, EventLargerThanTheQueueStillGetsThrough) {
    make({.stream_bytes_max = 1000});
    serve([](const HttpRequest&, const SseStream& stream) {
        EXPECT_TRUE(stream.push(numbered(1, std::string(500'000, 'x'))));
    });
    std::size_t size = 0;
    EXPECT_TRUE(client().stream("/events", {}, [&](const SseEvent& event) {
        size = event.data.size();
        return true;
    }));
    EXPECT_EQ(size, 500'000U);
}

TEST_F(HttpStreamTest, ProducerLearnsThatThePeerDisconnected) {
    Watched<int> closed;
    Watched<std::shared_ptr<SseStream>> kept;
    make();
    serve([&](const HttpRequest&, const SseStream& stream) {
        stream.on_close([&] { closed.change([](int& n) { ++n; }); });
        kept.set(std::make_shared<SseStream>(stream));
    });
    {
        RawConnection connection(server().port());
        connection.send(get_events);
        ASSERT_TRUE(connection.read_until("\r\n\r\n"));
    }
    EXPECT_TRUE(closed.wait_for(1));
    ASSERT_TRUE(kept.wait([](const auto& stream) { return stream != nullptr; }));
    EXPECT_TRUE(kept.get()->closed());
    EXPECT_FALSE(kept.get()->push(numbered(1)));
    bool at_once = false;
    kept.get()->on_close([&] { at_once = true; });
    EXPECT_TRUE(at_once);
    EXPECT_EQ(closed.get(), 1);
}

TEST_F(HttpStreamTest, HeartbeatsWhileNothingHappens) {
    Watched<std::shared_ptr<SseStream>> kept;
    make({.heartbeat = 20ms});
    serve([&](const HttpRequest&, const SseStream& stream) {
        kept.set(std::make_shared<SseStream>(stream));
    });
    RawConnection connection(server().port());
    connection.send(get_events);
    EXPECT_TRUE(connection.read_until("3\r\n:\n\n\r\n3\r\n:\n\n\r\n3\r\n:\n\n\r\n"));
    ASSERT_TRUE(kept.wait([](const auto& stream) { return stream != nullptr; }));
    kept.get()->push(numbered(5));
    EXPECT_TRUE(connection.read_until("id: 5\n"));
}

TEST_F(HttpStreamTest, StreamsAreBounded) {
    Watched<std::vector<SseStream>> kept;
    make({.streams_max = 2});
    serve([&](const HttpRequest&, const SseStream& stream) {
        kept.change([&](auto& all) { all.push_back(stream); });
    });
    auto first = std::make_unique<RawConnection>(server().port());
    RawConnection second(server().port());
    first->send(get_events);
    second.send(get_events);
    ASSERT_TRUE(kept.wait([](const auto& all) { return all.size() == 2; }));
    EXPECT_EQ(get("/events").status, 503);
    first.reset();
    ASSERT_TRUE(eventually([&] { return server().stats().streams_open == 1; }));
    RawConnection third(server().port());
    third.send(get_events);
    EXPECT_TRUE(kept.wait([](const auto& all) { return all.size() == 3; }));
}

TEST_F(HttpStreamTest, StreamsCostNoThread) {
    Watched<std::vector<SseStream>> kept;
    make({.handler_threads = 1});
    serve([&](const HttpRequest&, const SseStream& stream) {
        kept.change([&](auto& all) { all.push_back(stream); });
    });
    std::vector<std::unique_ptr<RawConnection>> connections;
    for (int i = 0; i < 50; ++i) {
        connections.push_back(std::make_unique<RawConnection>(server().port()));
        connections.back()->send(get_events);
    }
    ASSERT_TRUE(kept.wait([](const auto& all) { return all.size() == 50; }));
    for (const auto& stream : kept.get()) EXPECT_TRUE(stream.push(numbered(1, "to all")));
    for (const auto& connection : connections) {
        EXPECT_TRUE(connection->read_until("data: to all\n\n"));
    }
}

TEST_F(HttpStreamTest, StopEndsOpenStreamsAfterWhatIsQueued) {
    Watched<std::vector<SseStream>> kept;
    Watched<int> closed;
    make();
    serve([&](const HttpRequest&, const SseStream& stream) {
        stream.on_close([&] { closed.change([](int& n) { ++n; }); });
        stream.push(numbered(1));
        kept.change([&](auto& all) { all.push_back(stream); });
    });
    RawConnection one(server().port());
    RawConnection two(server().port());
    one.send(get_events);
    two.send(get_events);
    ASSERT_TRUE(kept.wait([](const auto& all) { return all.size() == 2; }));
    for (const auto& stream : kept.get()) stream.push(numbered(2));
    server().stop();
    EXPECT_EQ(closed.get(), 2);
    for (auto* connection : {&one, &two}) {
        const auto all = connection->read_all();
        EXPECT_THAT(all, HasSubstr("id: 2\n"));
        EXPECT_TRUE(all.ends_with("\r\n0\r\n\r\n"));
    }
    for (const auto& stream : kept.get()) {
        EXPECT_TRUE(stream.closed());
        EXPECT_FALSE(stream.push(numbered(3)));
        stream.wake();
        stream.on_drain([] { ADD_FAILURE(); });
    }
}

TEST_F(HttpStreamTest, StopCutsAStreamWhosePeerDoesNotRead) {
    Watched<bool> full{false};
    make({.stop_grace = 50ms, .stream_events_max = 100'000, .stream_bytes_max = 64 << 20});
    serve([&](const HttpRequest&, const SseStream& stream) {
        for (int i = 0; i < 32; ++i) stream.push(numbered(i, std::string(1 << 20, 'x')));
        full.set(true);
    });
    RawConnection slow(server().port(), 4096);
    slow.send(get_events);
    ASSERT_TRUE(full.wait_for(true));
    server().stop();
    EXPECT_EQ(server().stats().streams_open, 0U);
}

TEST_F(HttpStreamTest, CallbackThatThrowsEndsTheStream) {
    Watched<std::vector<std::string>> reported;
    make({.on_error = [&](std::string_view text) {
        reported.change([&](auto& all) { all.emplace_back(text); });
    }});
    serve([](const HttpRequest& request, const SseStream& stream) {
        if (request.query_param("now")) throw std::runtime_error("now");
        stream.on_drain([stream] { throw std::runtime_error("later"); });
    });
    for (const auto* target : {"/events", "/events?now"}) {
        const auto end = client().stream(target, {}, [](const SseEvent&) { return true; });
        ASSERT_TRUE(end) << end.error().message;
        EXPECT_EQ(*end, HttpClient::StreamEnd::by_server);
    }
    // The end of a stream reaches its client before the report is made.
    EXPECT_TRUE(reported.wait([](const auto& all) { return all.size() == 2; }));
    EXPECT_THAT(reported.get(), ::testing::ElementsAre("GET /events: later", "GET /events: now"));
}

TEST_F(HttpStreamTest, HandlesMayOutliveTheServer) {
    Watched<std::vector<SseStream>> kept;
    make();
    serve([&](const HttpRequest&, const SseStream& stream) {
        stream.on_drain([stream] {});  // a handle inside its own callback is let go, too
        kept.change([&](auto& all) { all.push_back(stream); });
    });
    RawConnection connection(server().port());
    connection.send(get_events);
    ASSERT_TRUE(kept.wait([](const auto& all) { return all.size() == 1; }));
    make();
    EXPECT_FALSE(kept.get().front().push(numbered(1)));
    kept.set({});
}

TEST_F(HttpStreamTest, StopWhileStreamsComeAndGo) {
    for (int round = 0; round < 5; ++round) {
        make({.handler_threads = 2, .stop_grace = 200ms});
        serve([](const HttpRequest&, const SseStream& stream) {
            stream.on_close([] {});
            auto left = std::make_shared<int>(20);
            stream.on_drain([left, stream] {
                if ((*left)-- > 0) stream.push(numbered(*left));
                if (*left == 0) stream.close();
            });
        });
        const auto port = server().port();
        std::atomic<bool> done{false};
        Watched<int> events;
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&, port] {
                while (!done) {
                    const auto end =
                        HttpClient({.port = port}).stream("/events", {}, [&](const SseEvent&) {
                            events.change([](int& n) { ++n; });
                            return true;
                        });
                    (void)end;
                }
            });
        }
        EXPECT_TRUE(events.wait([](int n) { return n > 200; }));
        server().stop();
        done = true;
    }
}

}  // namespace
}  // namespace quipu
