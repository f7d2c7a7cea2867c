// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "log/kafka/support.hpp"
#include "quipu/log/log_record.hpp"

namespace quipu {
namespace {

LogRecord sample(std::optional<std::string> key = "ada") {
    LogRecord record = test::log_record("greeted", std::move(key), "short", {{"name", "value"}});
    record.place.partition.partition = 2;
    record.place.offset = 7;
    record.timestamp = Time(std::chrono::milliseconds(1234));
    return record;
}

TEST(ReceivedRecord, ReturnsEverythingOfTheRecord) {
    const ReceivedRecord record(sample());
    EXPECT_EQ(record.partition(), (LogPartition{"greeted", 2}));
    EXPECT_EQ(record.offset(), 7);
    EXPECT_EQ(record.place(), (LogPlace{{"greeted", 2}, 7}));
    EXPECT_EQ(record.key(), "ada");
    EXPECT_EQ(record.value(), "short");
    EXPECT_EQ(record.headers(), (RecordHeaders{{"name", "value"}}));
    EXPECT_EQ(record.timestamp(), sample().timestamp);
}

TEST(ReceivedRecord, DistinguishesAnEmptyKeyFromNone) {
    EXPECT_EQ(ReceivedRecord(sample("")).key(), "");
    EXPECT_EQ(ReceivedRecord(sample(std::nullopt)).key(), std::nullopt);
}

// Texts so short that a string would carry them along when it is moved.
TEST(ReceivedRecord, ViewsStayValidWhenMoved) {
    static_assert(!std::is_copy_constructible_v<ReceivedRecord>);
    std::vector<ReceivedRecord> records;
    records.emplace_back(sample());
    const std::string_view value = records.front().value();
    const auto key = records.front().key();
    const LogPartition& partition = records.front().partition();
    for (int more = 0; more < 100; ++more) records.emplace_back(sample("other"));
    ReceivedRecord last = std::move(records.front());
    records.clear();
    EXPECT_EQ(value, "short");
    EXPECT_EQ(key, "ada");
    EXPECT_EQ(partition.event_type, "greeted");
    EXPECT_EQ(last.value().data(), value.data());
}

TEST(ReceivedRecord, CopyOwnsAllItsData) {
    LogRecord copy;
    {
        const ReceivedRecord record(sample());
        copy = record.copy();
    }
    const LogRecord wanted = sample();
    EXPECT_EQ(copy.place, wanted.place);
    EXPECT_EQ(copy.key, wanted.key);
    EXPECT_EQ(copy.headers, wanted.headers);
    EXPECT_EQ(copy.value, wanted.value);
    EXPECT_EQ(copy.timestamp, wanted.timestamp);
}

}  // namespace
}  // namespace quipu
