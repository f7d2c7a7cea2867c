// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <charconv>
#include <future>

#include "integr8s/api/harness.hpp"

namespace integr8s::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::int64_t number(const std::string& id) {
    std::int64_t value = 0;
    std::from_chars(id.data(), id.data() + id.size(), value);
    return value;
}

/// State first; then ids that grow; the end is a stored result.
void expect_whole(const std::vector<Seen>& seen, const std::vector<std::string>& story) {
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.front().event, "status");
    EXPECT_TRUE(seen.front().id.empty());
    EXPECT_TRUE(seen.front().frame.status);
    std::int64_t last = 0;
    for (std::size_t i = 1; i < seen.size(); ++i) {
        EXPECT_GT(number(seen[i].id), last);
        last = number(seen[i].id);
        EXPECT_EQ(seen[i].frame.event_type, seen[i].event);
    }
    const auto types = types_of(seen);
    ASSERT_LE(types.size(), story.size());
    EXPECT_TRUE(std::equal(types.begin(), types.end(), story.begin()));
    EXPECT_THAT(types, Contains("result_stored"));
}

TEST(ApiStream, SendsEventsAsTheyHappen) {
    Api api;
    const std::string id = api.system.submit("print hi");
    std::promise<void> live;
    auto reading = std::async(std::launch::async, [&] {
        return api.stream(id, {}, [&](const Seen& one) {
            if (one.event == "execution_requested") live.set_value();
            return false;
        });
    });
    // Only then has the stream read what was there before.
    ASSERT_EQ(live.get_future().wait_for(patience), std::future_status::ready);
    api.system.run();
    const auto seen = reading.get();
    ASSERT_TRUE(api.system.settle());
    expect_whole(seen, api.system.story(id));
    EXPECT_EQ(seen.front().frame.status, ExecutionStatus::queued);
    EXPECT_EQ(seen.back().event, "result_stored");
    ASSERT_TRUE(seen.back().frame.result);
    EXPECT_EQ(seen.back().frame.result->stdout_, "hi");
}

TEST(ApiStream, StreamOpenedAfterTheEndSendsAllEventsAndEnds) {
    Api api;
    const std::string id = api.system.submit("print hi exit 4");
    api.system.run();
    ASSERT_TRUE(api.system.settle());
    const auto seen = api.stream(id);
    expect_whole(seen, api.system.story(id));
    EXPECT_EQ(seen.front().frame.status, ExecutionStatus::failed);
}

TEST(ApiStream, ResumesAfterAnyEvent) {
    Api api;
    const std::string id = api.system.submit("print hi");
    api.system.run();
    ASSERT_TRUE(api.system.settle());
    const auto whole = api.stream(id);
    for (std::size_t at = 1; at + 1 < whole.size(); ++at) {
        const auto rest = api.stream(id, whole[at].id);
        ASSERT_EQ(rest.size(), whole.size() - at) << at;
        EXPECT_EQ(rest.front().event, "status");
        for (std::size_t i = 1; i < rest.size(); ++i) EXPECT_EQ(rest[i].id, whole[at + i].id);
    }
}

TEST(ApiStream, NothingFollowsTheLastEventOfAnEnd) {
    Api api;
    const std::string id = api.system.submit("print hi");
    api.system.run();
    ASSERT_TRUE(api.system.settle());
    const std::string last = api.stream(id).back().id;
    const auto reply =
        api.call("GET", "/api/v1/events/executions/" + id, {}, {{"Last-Event-ID", last}});
    EXPECT_EQ(reply.status, 204);
}

TEST(ApiStream, RejectsAMalformedLastEventId) {
    Api api;
    const std::string id = api.system.submit("print hi");
    for (const char* wrong : {"x", "-1", "1x", "99999999999999999999"}) {
        const auto reply =
            api.call("GET", "/api/v1/events/executions/" + id, {}, {{"Last-Event-ID", wrong}});
        EXPECT_EQ(reply.status, 422) << wrong;
    }
}

TEST(ApiStream, EveryTerminalEventEndsTheStream) {
    Api api;
    api.system.run();
    for (const char* script : {"exit 1", "timeout", "oom", "broken", "signal 11", "flood"}) {
        const std::string id = api.system.submit(script);
        const auto seen = api.stream(id);
        ASSERT_FALSE(seen.empty()) << script;
        EXPECT_THAT(types_of(seen), Contains("result_stored")) << script;
    }
}

TEST(ApiStream, CancellationEndsTheStreamWithAResult) {
    Api api;
    api.system.run();
    const std::string id = api.system.submit("hang");
    auto reading = std::async(std::launch::async, [&] { return api.stream(id); });
    ASSERT_TRUE(api.system.wait_for_status(id, ExecutionStatus::running));
    ASSERT_TRUE(api.system.service->cancel(id, "ada"));
    const auto seen = reading.get();
    EXPECT_THAT(types_of(seen), Contains("execution_cancelled"));
    // A reader that was slow to begin is given what came after the result, too.
    const auto stored = std::ranges::find(seen, "result_stored", &Seen::event);
    ASSERT_NE(stored, seen.end());
    ASSERT_TRUE(stored->frame.result);
    EXPECT_EQ(stored->frame.result->status, ExecutionStatus::cancelled);
}

TEST(ApiStream, FramesOmitScriptAndOutputs) {
    Api api;
    api.system.run();
    const std::string id = api.system.submit("print secret");
    for (const Seen& one : api.stream(id)) {
        if (!one.frame.payload) continue;
        EXPECT_THAT(one.frame.payload->text, ::testing::Not(HasSubstr("secret"))) << one.event;
        EXPECT_THAT(one.frame.payload->text, ::testing::Not(HasSubstr("\"event_id\"")))
            << one.event;
    }
}

TEST(ApiStream, CarriesALargeResult) {
    Api api;
    api.system.run();
    const std::string id = api.system.submit("much");
    const auto seen = api.stream(id);
    const auto* const stored = &*std::ranges::find(seen, "result_stored", &Seen::event);
    ASSERT_TRUE(stored->frame.result);
    EXPECT_EQ(stored->frame.result->stdout_, std::string(1024 * 1024, '\n'));
}

TEST(ApiStream, ManyReadersGetEveryEventExactlyOnce) {
    Api api;
    api.system.run();
    constexpr int executions = 12;
    std::vector<std::future<std::vector<Seen>>> readings;
    std::vector<std::string> ids;
    for (int i = 0; i < executions; ++i) {
        ids.push_back(api.system.submit("print hi"));
        for (int reader = 0; reader < 3; ++reader) {
            readings.push_back(
                std::async(std::launch::async, [&api, id = ids.back()] { return api.stream(id); }));
        }
    }
    std::vector<std::vector<Seen>> all;
    for (auto& reading : readings) all.push_back(reading.get());
    ASSERT_TRUE(api.system.settle());
    for (std::size_t i = 0; i < all.size(); ++i) {
        expect_whole(all[i], api.system.story(ids[i / 3]));
    }
    EXPECT_TRUE(api.wait_for_subscribers(0));
}

TEST(ApiStream, SlowReaderContinuesFromTheStore) {
    Api api({}, 1);
    const std::string id = api.system.submit("print hi");
    auto reading = std::async(std::launch::async, [&] { return api.stream(id); });
    ASSERT_TRUE(api.wait_for_subscribers(1));
    api.system.run();
    const auto seen = reading.get();
    ASSERT_TRUE(api.system.settle());
    expect_whole(seen, api.system.story(id));
}

TEST(ApiStream, DisconnectedClientIsForgotten) {
    Api api;
    const std::string id = api.system.submit("hang");
    const auto seen = api.stream(id, {}, [](const Seen& one) { return one.event != "status"; });
    EXPECT_EQ(types_of(seen), std::vector<std::string>{"execution_requested"});
    EXPECT_TRUE(api.wait_for_subscribers(0));
}

}  // namespace
}  // namespace integr8s::testing
