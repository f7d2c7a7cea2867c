// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integr8s/api/api_context.hpp"
#include "integr8s/api/requests.hpp"
#include "integr8s/services/system.hpp"
#include "quipu/http/client.hpp"
#include "quipu/http/server.hpp"

namespace integr8s::testing {

/// One event of a stream as the client got it.
struct Seen {
    std::string id;
    std::string event;
    api::FrameView frame;
};

/// The whole system with a fake runtime, its API on a free port, and a client.
class Api {
  public:
    explicit Api(SystemOptions options = {}, std::size_t queue_max = 256)
        : system(directory_.file(), std::move(options)),
          feed(system.store(), Events::types(), queue_max),
          context_{*system.service, system.store(), Events::types(), feed, 10, source()} {
        api::add_execution_routes(server_, context_);
        api::add_event_routes(server_, context_);
        api::add_system_routes(server_, context_);
        feed.start();
        if (auto started = server_.start(); !started) {
            throw std::runtime_error(started.error().message);
        }
    }
    ~Api() {
        server_.stop();
        feed.stop();
        system.stop();
    }
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    [[nodiscard]] quipu::HttpReply call(std::string_view method, std::string_view target,
                                        std::string_view body = {},
                                        const quipu::HttpFields& headers = {}) {
        auto reply = client().request(method, target, headers, body);
        if (reply) return std::move(*reply);
        ADD_FAILURE() << target << ": " << reply.error().message;
        return {};
    }
    [[nodiscard]] quipu::HttpReply get(std::string_view target) { return call("GET", target); }
    template <class T>
    [[nodiscard]] T get_as(std::string_view target) {
        const auto reply = get(target);
        EXPECT_EQ(reply.status, 200) << reply.body;
        return parse<T>(reply.body);
    }
    template <class T>
    [[nodiscard]] static T parse(const std::string& body) {
        quipu::DecodeOptions options;
        options.max_bytes = 64 << 20;
        auto object = quipu::from_json<T>(body, options);
        EXPECT_TRUE(object) << object.error().summary() << "\n" << body.substr(0, 500);
        return object ? std::move(*object) : T{};
    }
    [[nodiscard]] std::string problem_type(const quipu::HttpReply& reply) {
        return parse<api::ProblemReply>(reply.body).type;
    }

    /// Reads a stream until the server ends it, or `enough` says so.
    [[nodiscard]] std::vector<Seen> stream(const std::string& id, const std::string& last_id = {},
                                           const std::function<bool(const Seen&)>& enough = {}) {
        quipu::HttpFields headers;
        if (!last_id.empty()) headers.emplace_back("Last-Event-ID", last_id);
        std::vector<Seen> seen;
        const auto end = client().stream(
            "/api/v1/events/executions/" + id, headers, [&](const quipu::SseEvent& event) {
                seen.push_back({event.id, event.event, parse<api::FrameView>(event.data)});
                return !enough || !enough(seen.back());
            });
        EXPECT_TRUE(end) << end.error().message;
        return seen;
    }
    [[nodiscard]] bool wait_for_subscribers(std::size_t count) {
        return system.wait([&] { return feed.subscribers() == count; });
    }

    [[nodiscard]] quipu::HttpClient client() const {
        quipu::HttpClientOptions options;
        options.port = server_.port();
        options.event_bytes_max = 64 << 20;
        options.body_bytes_max = 64 << 20;
        return quipu::HttpClient(options);
    }

  private:
    [[nodiscard]] std::shared_ptr<const api::StreamSource> source() {
        return std::make_shared<api::StreamSource>(api::StreamSource{
            .store = system.store(),
            .feed = feed,
            .execution = [this](const std::string& id) { return system.service->get(id); },
            .result =
                [this](const std::string& id) { return api::find_result(*system.service, id); }});
    }

    TempDirectory directory_;

  public:
    System system;
    api::ExecutionFeed feed;

  private:
    api::ApiContext context_;
    quipu::HttpServer server_{{}};
};

/// The types of a stream's events in order, without the first frame.
[[nodiscard]] inline std::vector<std::string> types_of(const std::vector<Seen>& seen) {
    std::vector<std::string> types;
    for (const Seen& one : seen) {
        if (one.event != "status") types.push_back(one.event);
    }
    return types;
}

}  // namespace integr8s::testing
