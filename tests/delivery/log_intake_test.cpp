// SPDX-License-Identifier: Apache-2.0
// What comes out of a topic log and finds its position in the store.
#include "quipu/delivery/log/log_intake.hpp"

#include <gtest/gtest.h>

#include "delivery/fixture.hpp"
#include "quipu/delivery/log/wire.hpp"
#include "quipu/store/sqlite/sqlite_store.hpp"
#include "store/store_proxy.hpp"
#include "support/temp_directory.hpp"

namespace quipu::delivery_test {
namespace {

/// For some stores this is a look at the server, and a wait for whoever writes.
class Counting final : public test::StoreProxy {
  public:
    using test::StoreProxy::StoreProxy;
    std::int64_t last_position() override {
        ++looks;
        return test::StoreProxy::last_position();
    }
    int looks = 0;
};

TEST(LogIntake, AsksForTheEndOfTheStoreOncePerBatch) {
    const test::TempDirectory directory;
    SqliteOptions options;
    options.path = directory.file();
    auto opened = open_sqlite_store(std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    Store& store = **opened;
    std::vector<ReceivedRecord> records;
    for (int number = 0; number < 20; ++number) {
        Record record;
        record.event_id = "id" + std::to_string(number);
        record.event_type = "shipped";
        record.key = "key";
        record.body = "{}";
        Transaction transaction;
        transaction.appends.push_back({record, {}});
        ASSERT_TRUE(store.commit(std::move(transaction)));
        const auto stored = store.at(number + 1);
        ASSERT_TRUE(stored && *stored);
        records.emplace_back(wire::to_log(**stored, store.identity()));
    }
    Counting counting(store);
    const auto arrivals = take_in(counting, Events::types(), records, Time{});
    ASSERT_TRUE(arrivals) << arrivals.error().message;
    ASSERT_EQ(arrivals->size(), records.size());
    EXPECT_EQ(arrivals->back().record->position, 20);
    EXPECT_EQ(counting.looks, 1);
    EXPECT_EQ(store.last_position(), 20) << "none was taken for another's";
}

}  // namespace
}  // namespace quipu::delivery_test
