// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "integr8s/api/harness.hpp"
#include "integr8s/api/system_views.hpp"
#include "quipu/base/text.hpp"

namespace integr8s::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view hello = R"({"script":"print hi","language":"python"})";

class ApiRoutes : public ::testing::Test {
  protected:
    [[nodiscard]] std::string submit(std::string_view body = hello) {
        const auto reply = api_.call("POST", "/api/v1/executions", body);
        EXPECT_EQ(reply.status, 201) << reply.body;
        return Api::parse<api::SubmitReply>(reply.body).execution_id;
    }

    Api api_;
};

TEST_F(ApiRoutes, SubmitReturnsIdAndLocation) {
    const auto reply = api_.call("POST", "/api/v1/executions", hello);
    EXPECT_EQ(reply.status, 201);
    const auto accepted = Api::parse<api::SubmitReply>(reply.body);
    EXPECT_EQ(accepted.status, ExecutionStatus::queued);
    EXPECT_EQ(reply.header("Location"), "/api/v1/executions/" + accepted.execution_id);
    const auto row = api_.get_as<ExecutionRow>("/api/v1/executions/" + accepted.execution_id);
    EXPECT_EQ(row.language, "python");
    EXPECT_EQ(row.user_id, "anonymous");
}

TEST_F(ApiRoutes, UserComesFromTheHeader) {
    const auto reply = api_.call("POST", "/api/v1/executions", hello, {{"X-User-Id", "ada"}});
    const auto id = Api::parse<api::SubmitReply>(reply.body).execution_id;
    EXPECT_EQ(api_.get_as<ExecutionRow>("/api/v1/executions/" + id).user_id, "ada");
}

TEST_F(ApiRoutes, OptionsReachTheRow) {
    const std::string id = submit(R"({"script":"print","language":"python","language_version":"3",)"
                                  R"("timeout_seconds":7,"priority":"high"})");
    const auto row = api_.get_as<ExecutionRow>("/api/v1/executions/" + id);
    EXPECT_EQ(row.timeout_seconds, 7);
    EXPECT_EQ(row.priority, QueuePriority::high);
}

TEST_F(ApiRoutes, SameKeyGivesTheSameExecution) {
    const quipu::HttpFields key{{"Idempotency-Key", "k1"}};
    const auto first = api_.call("POST", "/api/v1/executions", hello, key);
    const auto again = api_.call("POST", "/api/v1/executions", hello, key);
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(first.body, again.body);
    EXPECT_EQ(api_.system.count<ExecutionRow>(), 1U);
    const auto other = api_.call("POST", "/api/v1/executions",
                                 R"({"script":"print other","language":"python"})", key);
    EXPECT_EQ(other.status, 409);
    EXPECT_EQ(api_.problem_type(other), "conflict");
}

TEST_F(ApiRoutes, EveryFaultOfABodyIsListed) {
    const auto reply = api_.call("POST", "/api/v1/executions",
                                 R"({"script":5,"timeout_seconds":"soon","priority":"now"})");
    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(api_.problem_type(reply), "validation");
    EXPECT_THAT(reply.body, HasSubstr(R"("loc":["body","script"])"));
    EXPECT_THAT(reply.body, HasSubstr(R"("loc":["body","language"])"));
    EXPECT_THAT(reply.body, HasSubstr(R"("loc":["body","timeout_seconds"])"));
    EXPECT_THAT(reply.body, HasSubstr(R"("loc":["body","priority"])"));
    EXPECT_EQ(api_.system.store().last_position(), 0);
}

TEST_F(ApiRoutes, ErrorsHaveTheStatusOfTheirCode) {
    struct Case {
        std::string body;
        int status;
        std::string type;
    };
    const std::vector<Case> cases{
        {"", 422, "validation"},
        {"{", 422, "validation"},
        {R"({"script":"x","language":"cobol"})", 422, "validation"},
        {R"({"script":"x","language":"node"})", 422, "language_not_installed"},
        {R"({"script":"","language":"python"})", 422, "validation"},
        {R"({"script":"x","language":"python","timeout_seconds":0})", 422, "validation"},
        {R"({"script":"x","language":"python","timeout_seconds":301})", 422, "validation"},
        {R"({"language":"python","script":")" + std::string(1024 * 1020, 'x') + "\"}", 413,
         "limit"},
    };
    for (const Case& one : cases) {
        const auto reply = api_.call("POST", "/api/v1/executions", one.body);
        EXPECT_EQ(reply.status, one.status) << one.body.substr(0, 80) << "\n" << reply.body;
        EXPECT_EQ(api_.problem_type(reply), one.type) << reply.body;
    }
    EXPECT_EQ(api_.system.store().last_position(), 0);
}

TEST_F(ApiRoutes, UnknownExecutionsAreNotFound) {
    for (const char* target : {"/api/v1/executions/x", "/api/v1/executions/x/result",
                               "/api/v1/executions/x/events", "/api/v1/executions/x/stdout",
                               "/api/v1/executions/x/script", "/api/v1/events/executions/x"}) {
        const auto reply = api_.get(target);
        EXPECT_EQ(reply.status, 404) << target;
        EXPECT_EQ(api_.problem_type(reply), "not_found") << target;
    }
    EXPECT_EQ(api_.call("POST", "/api/v1/executions/x/cancel").status, 404);
    EXPECT_EQ(api_.call("DELETE", "/api/v1/executions/x").status, 405);
}

TEST_F(ApiRoutes, ResultAppearsAtTheEnd) {
    const std::string id = submit(R"({"script":"print hi eprint oh exit 3","language":"python"})");
    const auto early = api_.get("/api/v1/executions/" + id + "/result");
    EXPECT_EQ(early.status, 404);
    EXPECT_THAT(early.body, HasSubstr("not ended"));
    api_.system.run();
    ASSERT_TRUE(api_.system.settle());
    const auto result = api_.get_as<api::ResultView>("/api/v1/executions/" + id + "/result");
    EXPECT_EQ(result.stdout_, "hi");
    EXPECT_EQ(result.stderr_, "oh");
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_EQ(api_.get("/api/v1/executions/" + id + "/stdout").body, "hi");
    EXPECT_EQ(api_.get("/api/v1/executions/" + id + "/stderr").body, "oh");
    EXPECT_EQ(api_.get("/api/v1/executions/" + id + "/script").body, "print hi eprint oh exit 3");
}

TEST_F(ApiRoutes, BinaryOutputIsReturnedExactly) {
    const std::string id = submit(R"({"script":"bytes","language":"python"})");
    api_.system.run();
    ASSERT_TRUE(api_.system.settle());
    const std::string bytes("a\xff\0b\xc3", 5);
    EXPECT_EQ(api_.get("/api/v1/executions/" + id + "/stdout").body, bytes);
    const auto result = api_.get_as<api::ResultView>("/api/v1/executions/" + id + "/result");
    EXPECT_EQ(result.stdout_base64, "Yf8AYsM=");
    EXPECT_FALSE(result.stderr_base64);
    EXPECT_TRUE(quipu::is_valid_utf8(result.stdout_));
}

TEST_F(ApiRoutes, CancelEndsOnce) {
    const std::string id = submit(R"({"script":"hang","language":"python"})");
    const auto done = api_.call("POST", "/api/v1/executions/" + id + "/cancel");
    EXPECT_EQ(done.status, 200);
    EXPECT_EQ(Api::parse<api::SubmitReply>(done.body).status, ExecutionStatus::cancelled);
    const auto again = api_.call("POST", "/api/v1/executions/" + id + "/cancel");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(api_.problem_type(again), "conflict");
}

TEST_F(ApiRoutes, EventsComeInPages) {
    const std::string id = submit();
    api_.system.run();
    ASSERT_TRUE(api_.system.settle());
    const auto whole = api_.get_as<api::EventsView>("/api/v1/executions/" + id + "/events");
    ASSERT_GT(whole.events.size(), 5U);
    EXPECT_FALSE(whole.next_cursor);
    std::vector<std::int64_t> positions;
    std::string cursor;
    do {
        const auto page = api_.get_as<api::EventsView>(
            "/api/v1/executions/" + id + "/events?limit=2&cursor=" + quipu::percent_encode(cursor));
        EXPECT_LE(page.events.size(), 2U);
        for (const auto& event : page.events) positions.push_back(event.position);
        cursor = page.next_cursor.value_or("");
    } while (!cursor.empty());
    ASSERT_EQ(positions.size(), whole.events.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
        EXPECT_EQ(positions[i], whole.events[i].position);
    }
    const auto some = api_.get_as<api::EventsView>(
        "/api/v1/executions/" + id + "/events?types=execution_requested,result_stored");
    ASSERT_EQ(some.events.size(), 2U);
    EXPECT_THAT(some.events[0].event.text, HasSubstr("\"execution_requested\""));
    EXPECT_THAT(some.events[1].event.text, HasSubstr("\"result_stored\""));
}

TEST_F(ApiRoutes, BadEventQueriesAreExplained) {
    const std::string events = "/api/v1/executions/" + submit() + "/events";
    for (const char* query : {"?limit=0", "?limit=201", "?limit=x", "?limit=-1", "?limit="}) {
        const auto reply = api_.get(events + query);
        EXPECT_EQ(reply.status, 422) << query;
        EXPECT_THAT(reply.body, HasSubstr(R"("loc":["query","limit"])")) << query;
    }
    const auto typo = api_.get(events + "?types=execution_requestd");
    EXPECT_EQ(typo.status, 422);
    EXPECT_THAT(typo.body, HasSubstr("did you mean 'execution_requested'"));
    EXPECT_EQ(api_.get(events + "?cursor=nonsense").status, 422);
}

TEST_F(ApiRoutes, LanguagesNameMissingPackages) {
    const auto view = api_.get_as<api::LanguagesView>("/api/v1/languages");
    ASSERT_EQ(view.languages.size(), 2U);
    EXPECT_EQ(view.languages[0].name, "python");
    ASSERT_EQ(view.missing.size(), 1U);
    EXPECT_EQ(view.missing[0].package, "nodejs");
}

TEST_F(ApiRoutes, QueueCountsWaitingAndRunning) {
    api_.system.run();
    std::vector<std::string> ids;
    for (int i = 0; i < 12; ++i) {
        ids.push_back(submit(R"({"script":"hang","language":"bash","priority":"low"})"));
    }
    ASSERT_TRUE(api_.system.wait([&] { return api_.system.count<QueueEntry>() == 2; }));
    const auto view = api_.get_as<api::QueueView>("/api/v1/queue");
    EXPECT_EQ(view.active, 10);
    EXPECT_EQ(view.limit, 10);
    EXPECT_EQ(view.waiting, 2);
    ASSERT_EQ(view.by_priority.size(), 5U);
    EXPECT_EQ(view.by_priority[3].priority, QueuePriority::low);
    EXPECT_EQ(view.by_priority[3].count, 2);
    for (const auto& id : ids) {
        EXPECT_EQ(api_.call("POST", "/api/v1/executions/" + id + "/cancel").status, 200);
    }
}

TEST_F(ApiRoutes, PathsWorkWithoutThePrefix) {
    const std::string id = submit();
    EXPECT_EQ(api_.get("/executions/" + id).body, api_.get("/api/v1/executions/" + id).body);
    EXPECT_EQ(api_.get("/languages").status, 200);
}

}  // namespace
}  // namespace integr8s::testing
