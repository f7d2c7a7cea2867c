// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/runtime/purge_job.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "http/testing.hpp"
#include "quipu/event/id.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "support/temp_directory.hpp"

namespace quipu {
namespace {

using http_testing::Watched;

class PurgeJobTest : public testing::Test {
  protected:
    void SetUp() override {
        SqliteOptions options;
        options.path = directory_.path() / "a.db";
        store_ = std::move(*open_sqlite_store(std::move(options)));
    }
    void TearDown() override { store_.reset(); }
    void append(int count, Time expires_at) {
        Transaction transaction;
        for (int i = 0; i < count; ++i) {
            Append append;
            append.record.event_id = new_id();
            append.record.event_type = "t";
            append.record.key = "k";
            append.record.timestamp = now();
            append.record.expires_at = expires_at;
            append.record.body = "{}";
            transaction.appends.push_back(std::move(append));
        }
        ASSERT_TRUE(store_->commit(std::move(transaction)).has_value());
    }

    test::TempDirectory directory_;
    std::unique_ptr<Store> store_;
};

TEST_F(PurgeJobTest, RemovesAllThatExpiredInSeveralSteps) {
    append(1500, now() - std::chrono::hours{1});
    append(1, now() + std::chrono::hours{1});
    Watched<std::size_t> removed;
    {
        const PurgeJob job(*store_, [&](std::size_t count, const std::string& problem) {
            EXPECT_EQ(problem, "");
            removed.change([&](std::size_t& total) { total += count; });
        });
        EXPECT_TRUE(removed.wait_for(1500));
    }
    EXPECT_EQ(store_->health()->events, 1);
}

TEST_F(PurgeJobTest, RunsAgainAfterTheInterval) {
    Watched<std::size_t> removed;
    const PurgeJob job(
        *store_,
        [&](std::size_t count, const std::string&) {
            removed.change([&](std::size_t& total) { total += count; });
        },
        std::chrono::milliseconds{1});
    append(3, now() - std::chrono::hours{1});
    EXPECT_TRUE(removed.wait_for(3));
    append(4, now() - std::chrono::hours{1});
    EXPECT_TRUE(removed.wait_for(7));
}

}  // namespace
}  // namespace quipu
