// SPDX-License-Identifier: Apache-2.0
#include "quipu/event/time.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace {

using quipu::format_time;
using quipu::parse_time;
using quipu::Time;
using quipu::time_from_number;
using std::chrono::microseconds;

std::string again(std::string_view text) {
    const auto time = parse_time(text);
    return time ? format_time(*time) : "none";
}

TEST(TimeText, WritesMicrosecondsOnlyWhenThereAreSome) {
    EXPECT_EQ(format_time(Time{}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(format_time(Time{microseconds{1}}), "1970-01-01T00:00:00.000001Z");
    EXPECT_EQ(format_time(Time{microseconds{-1}}), "1969-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_time(Time::max()), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(format_time(Time::min()), "0001-01-01T00:00:00Z");
}

TEST(TimeText, AcceptsTheFormsOfIso8601) {
    EXPECT_EQ(again("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z");
    EXPECT_EQ(again("2026-01-02t03:04:05z"), "2026-01-02T03:04:05Z");
    EXPECT_EQ(again("2026-01-02_03:04:05"), "2026-01-02T03:04:05Z");
    EXPECT_EQ(again("2026-01-02 03:04"), "2026-01-02T03:04:00Z");
    EXPECT_EQ(again("2026-01-02"), "2026-01-02T00:00:00Z");
    EXPECT_EQ(again("2026-01-02T03:04:05.5"), "2026-01-02T03:04:05.500000Z");
    EXPECT_EQ(again("2026-01-02T03:04:05,123456789Z"), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(again("2026-01-02T03:04:05.12345678901234567890Z"), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(again("2026-01-02T03:04:05+05:30"), "2026-01-01T21:34:05Z");
    EXPECT_EQ(again("2026-01-02T03:04:05-0800"), "2026-01-02T11:04:05Z");
    EXPECT_EQ(again("2026-01-02T03:04:05\xE2\x88\x92"
                    "08:00"),
              "2026-01-02T11:04:05Z");
    EXPECT_EQ(again("2024-02-29"), "2024-02-29T00:00:00Z");
    EXPECT_EQ(again("2000-02-29"), "2000-02-29T00:00:00Z");
    EXPECT_EQ(again("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00Z");
}

TEST(TimeText, RejectsOtherText) {
    for (const char* text : {"",
                             " ",
                             "2026",
                             "1767323045",
                             "2026-1-2",
                             "20260102",
                             "2026-13-01",
                             "2026-00-01",
                             "2026-01-00",
                             "2026-01-32",
                             "2026-02-29",
                             "1900-02-29",
                             "2026-04-31",
                             "2026-01-02Z",
                             "2026-01-02T",
                             "2026-01-02T03",
                             "2026-01-02T24:00:00",
                             "2026-01-02T23:60:00",
                             "2026-01-02T23:59:60Z",
                             "2026-01-02T03:04:05.",
                             "2026-01-02T03:04:05.Z",
                             "2026-01-02T03:04:05+24:00",
                             "2026-01-02T03:04:05+23:60",
                             "2026-01-02T03:04:05+05",
                             "2026-01-02T03:04:05 Z",
                             "2026-01-02T03:04:05Zx",
                             "2026-01-02x03:04:05Z",
                             " 2026-01-02T03:04:05Z",
                             "2026-01-02T03:04:05Z ",
                             "2026-01-02T3:04:05Z",
                             "2O26-01-02T03:04:05Z",
                             "2026-01-02T03:04:0/Z",
                             "2026-01-02T03:04:05.00000:Z",
                             "-026-01-02T03:04:05Z",
                             "0000-01-01",
                             "0001-01-01T00:00:00+00:01",
                             "9999-12-31T23:59:59-00:01",
                             "\xC2\xA0"
                             "2026-01-02"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

TEST(TimeText, RoundTrips) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const Time time{microseconds{static_cast<std::int64_t>(random() % 315'537'897'600'000'000) -
                                     62'135'596'800'000'000}};
        const std::string text = format_time(time);
        ASSERT_EQ(parse_time(text), time) << text;
        ASSERT_EQ(parse_time(text.substr(0, text.size() - 1)), time) << text;
        ASSERT_EQ(parse_time(text.substr(0, text.size() - 1) + "+00:00"), time) << text;
        const auto day = std::chrono::floor<std::chrono::days>(time);
        const std::chrono::year_month_day date(day);
        ASSERT_EQ(std::stoi(text.substr(0, 4)), static_cast<int>(date.year()));
        ASSERT_EQ(std::stoul(text.substr(5, 2)), static_cast<unsigned>(date.month()));
        ASSERT_EQ(std::stoul(text.substr(8, 2)), static_cast<unsigned>(date.day()));
    }
}

TEST(TimeNumber, IsInSecondsOrMilliseconds) {
    const auto text = [](auto number) {
        const auto time = time_from_number(number);
        return time ? format_time(*time) : "none";
    };
    EXPECT_EQ(text(std::int64_t{1767323045}), "2026-01-02T03:04:05Z");
    EXPECT_EQ(text(std::int64_t{1767323045123}), "2026-01-02T03:04:05.123000Z");
    EXPECT_EQ(text(std::int64_t{20'000'000'000}), "2603-10-11T11:33:20Z");
    EXPECT_EQ(text(std::int64_t{20'000'000'001}), "1970-08-20T11:33:20.001000Z");
    EXPECT_EQ(text(std::int64_t{-20'000'000'001}), "1969-05-14T12:26:39.999000Z");
    EXPECT_EQ(text(std::int64_t{253'402'300'799'999}), "9999-12-31T23:59:59.999000Z");
    EXPECT_EQ(text(std::int64_t{253'402'300'800'000}), "none");
    EXPECT_EQ(text(std::int64_t{-62'135'596'800'000}), "0001-01-01T00:00:00Z");
    EXPECT_EQ(text(std::int64_t{-62'135'596'800'001}), "none");
    EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min()), "none");
    EXPECT_EQ(text(std::numeric_limits<std::int64_t>::max()), "none");
    EXPECT_EQ(text(1.5), "1970-01-01T00:00:01.500000Z");
    EXPECT_EQ(text(-1.25), "1969-12-31T23:59:58.250000Z");
    EXPECT_EQ(text(1767323045123.4567), "2026-01-02T03:04:05.123457Z");
    EXPECT_EQ(text(1e300), "none");
    EXPECT_EQ(text(-1e300), "none");
    EXPECT_EQ(text(std::nan("")), "none");
    EXPECT_EQ(text(-std::numeric_limits<double>::infinity()), "none");
}

}  // namespace
