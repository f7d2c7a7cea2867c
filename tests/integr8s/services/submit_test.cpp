// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <atomic>

#include "integr8s/domain/publishing.hpp"
#include "integr8s/services/system.hpp"

namespace integr8s::testing {
namespace {

using quipu::ErrorCode;
using ::testing::HasSubstr;

class ServicesSubmit : public ::testing::Test {
  protected:
    [[nodiscard]] static SubmitRequest request(std::string script = "print x") {
        return {.script = std::move(script), .language = "python", .version = {}, .user_id = "ada"};
    }
    [[nodiscard]] quipu::Error refusal(const SubmitRequest& asked, std::string_view key = {}) {
        const auto answer = system_.service->submit(asked, key);
        if (answer) return {};
        EXPECT_EQ(system_.store().last_position(), 0);
        EXPECT_EQ(system_.count<ExecutionRow>(), 0U);
        return answer.error();
    }

    TempDirectory directory_;
    System system_{directory_.file()};
};

TEST_F(ServicesSubmit, RowAndEventAreOneTransaction) {
    const auto answer = system_.service->submit(request(), "key");
    ASSERT_TRUE(answer) << answer.error().message;
    const ExecutionRow& row = answer->row;
    EXPECT_FALSE(answer->repeated);
    EXPECT_EQ(row.status, ExecutionStatus::queued);
    EXPECT_EQ(row.version, "3.11");
    EXPECT_EQ(row.timeout_seconds, 300);
    EXPECT_EQ(row.priority, QueuePriority::normal);
    EXPECT_EQ(system_.count<IdempotencyRow>(), 1U);
    const auto requested = system_.event<ExecutionRequested>(row.execution_id);
    ASSERT_TRUE(requested);
    EXPECT_EQ(requested->data.script, "print x");
    EXPECT_EQ(requested->data.memory_limit, "128Mi");
    EXPECT_EQ(requested->data.cpu_limit, "1000m");
    EXPECT_EQ(requested->data.runtime_image, "python:3.11");
    EXPECT_EQ(user_of(requested->header), "ada");
}

TEST_F(ServicesSubmit, FailedSubmitStoresNothing) {
    std::atomic<bool> refuse = true;
    TempDirectory directory;
    SystemOptions options;
    options.before = [&](const quipu::Transaction&) -> quipu::Result<void> {
        if (!refuse) return {};
        return quipu::fail(ErrorCode::unavailable, "told to refuse");
    };
    System system{directory.file(), std::move(options)};
    EXPECT_EQ(system.service->submit(request(), "key").error().code, ErrorCode::unavailable);
    EXPECT_EQ(system.count<ExecutionRow>(), 0U);
    EXPECT_EQ(system.store().last_position(), 0);
    refuse = false;
    EXPECT_FALSE(system.service->submit(request(), "key")->repeated);
}

TEST_F(ServicesSubmit, SameKeyAndContentReturnsTheFirstExecution) {
    const auto first = system_.service->submit(request(), "key");
    const auto second = system_.service->submit(request(), "key");
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_TRUE(second->repeated);
    EXPECT_EQ(second->row.execution_id, first->row.execution_id);
    EXPECT_EQ(system_.store().last_position(), 1);
    system_.run();
    ASSERT_TRUE(system_.settle());
    EXPECT_EQ(system_.service->submit(request(), "key")->row.status, ExecutionStatus::completed);
}

TEST_F(ServicesSubmit, SameKeyWithOtherContentIsAConflict) {
    ASSERT_TRUE(system_.service->submit(request(), "key"));
    EXPECT_EQ(system_.service->submit(request("print y"), "key").error().code, ErrorCode::conflict);
    SubmitRequest other = request();
    other.timeout_seconds = 5;
    EXPECT_EQ(system_.service->submit(other, "key").error().code, ErrorCode::conflict);
    other = request();
    other.language = "bash";
    EXPECT_EQ(system_.service->submit(other, "key").error().code, ErrorCode::conflict);
    EXPECT_EQ(system_.store().last_position(), 1);
}

TEST_F(ServicesSubmit, KeysBelongToUsersAndExpire) {
    const auto first = system_.service->submit(request(), "key");
    SubmitRequest other = request();
    other.user_id = "bob";
    EXPECT_FALSE(system_.service->submit(other, "key")->repeated);
    system_.put_clock_forward(23h);
    EXPECT_TRUE(system_.service->submit(request(), "key")->repeated);
    system_.put_clock_forward(2h);
    EXPECT_FALSE(system_.service->submit(request(), "key")->repeated);
}

TEST_F(ServicesSubmit, ConcurrentRequestsWithOneKeyMakeOneExecution) {
    std::vector<std::jthread> threads;
    std::atomic<int> fresh = 0;
    for (int index = 0; index < 8; ++index) {
        threads.emplace_back([&] {
            const auto answer = system_.service->submit(request(), "key");
            if (answer && !answer->repeated) ++fresh;
        });
    }
    threads.clear();
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(system_.count<ExecutionRow>(), 1U);
    EXPECT_EQ(system_.store().last_position(), 1);
}

TEST_F(ServicesSubmit, RejectsInvalidRequests) {
    SubmitRequest asked = request();
    asked.language = "node";
    EXPECT_THAT(refusal(asked).message, HasSubstr("nodejs"));
    asked.language = "cobol";
    EXPECT_EQ(refusal(asked).code, ErrorCode::invalid);
    asked = request();
    asked.version = "2";
    EXPECT_THAT(refusal(asked).message, HasSubstr("3.11"));
    EXPECT_EQ(refusal(request("")).code, ErrorCode::invalid);
    EXPECT_EQ(refusal(request("\xff")).code, ErrorCode::invalid);
    const std::size_t most = system_.service->settings().max_script_bytes;
    EXPECT_EQ(refusal(request(std::string(most + 1, 'x'))).code, ErrorCode::limit);
    EXPECT_EQ(refusal(request(std::string(most / 2 + 1, '\n'))).code, ErrorCode::limit);
    for (const std::int64_t timeout : {-1, 0, 301}) {
        asked = request();
        asked.timeout_seconds = timeout;
        EXPECT_THAT(refusal(asked).message, HasSubstr("1 to 300"));
    }
    EXPECT_EQ(refusal(request(), std::string(256, 'k')).code, ErrorCode::invalid);
}

TEST_F(ServicesSubmit, MissingExecutionsAndResultsAreNotFound) {
    EXPECT_EQ(system_.service->get("nobody").error().code, ErrorCode::not_found);
    EXPECT_EQ(system_.service->script("nobody").error().code, ErrorCode::not_found);
    EXPECT_EQ(system_.service->result("nobody").error().code, ErrorCode::not_found);
    EXPECT_THAT(system_.service->get("nobody").error().message, HasSubstr("nobody"));
}

TEST_F(ServicesSubmit, EventsAreReadByPages) {
    const std::string id = system_.submit("print x");
    system_.submit("print y");
    system_.run();
    ASSERT_TRUE(system_.settle());
    std::vector<std::string> types;
    std::string cursor;
    do {
        auto page = system_.service->events(id, 4, cursor);
        ASSERT_TRUE(page) << page.error().message;
        for (const quipu::Record& record : page->records) types.push_back(record.event_type);
        cursor = page->next_cursor;
    } while (!cursor.empty());
    EXPECT_EQ(types, system_.story(id));
}

}  // namespace
}  // namespace integr8s::testing
