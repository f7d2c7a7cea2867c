// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>

#include "store/sqlite/fixture.hpp"

namespace quipu::test {
namespace {

using testing::HasSubstr;

TEST(SqliteHealth, ReportsEngineDurabilityAndSizes) {
    SqliteFixture store;
    ASSERT_TRUE(store->commit(append(event(1))));
    ASSERT_TRUE(store->commit(append(event(2))));
    ASSERT_TRUE(store->archive(uuid(1), "me", "test"));
    const auto health = store->health();
    ASSERT_TRUE(health);
    EXPECT_THAT(health->engine, HasSubstr("sqlite 3."));
    EXPECT_EQ(health->location, std::filesystem::canonical(store.directory().file()).string());
    EXPECT_EQ(health->durability, "full");
    EXPECT_EQ(health->last_position, 2);
    EXPECT_EQ(health->events, 1);
    EXPECT_GT(health->bytes, 4096);
    EXPECT_GT(health->wal_bytes, 0);
    EXPECT_TRUE(health->writable);
    EXPECT_EQ(health->problem, "");
    store.reopen();
    EXPECT_EQ(store->health()->events, 1);
}

TEST(SqliteHealth, TheWriteAheadLogStaysBounded) {
    SqliteOptions options;
    options.wal_bytes = 256 * 1024;
    SqliteFixture store(options);
    for (std::int64_t i = 1; i <= 400; ++i) {
        Record record = event(i);
        record.body.assign(4000, 'x');
        ASSERT_TRUE(store->commit(append(record)));
    }
    EXPECT_LT(std::filesystem::file_size(store.directory().file().string() + "-wal"), 1024 * 1024);
    EXPECT_LT(store->health()->wal_bytes, 512 * 1024);
    EXPECT_TRUE(store->verify()->empty());
}

}  // namespace
}  // namespace quipu::test
