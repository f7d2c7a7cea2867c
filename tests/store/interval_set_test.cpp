// SPDX-License-Identifier: Apache-2.0
#include "quipu/store/engine/interval_set.hpp"

#include <gmock/gmock.h>

#include <random>
#include <set>

namespace quipu::test {
namespace {

TEST(IntervalSet, AgreesWithAStdSet) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    for (int round = 0; round < 200; ++round) {
        IntervalSet intervals;
        std::set<std::int64_t> plain;
        IntervalSet::Ranges table;  // follows by the changes alone
        for (int step = 0; step < 60; ++step) {
            const auto first = static_cast<std::int64_t>(random() % 80) + 1;
            const auto last = first + static_cast<std::int64_t>(random() % 6);
            intervals.add(first, last);
            for (std::int64_t i = first; i <= last; ++i) {
                plain.insert(i);
            }
            for (const auto changed : intervals.take_changes()) {
                const auto range = intervals.ranges().find(changed);
                if (range == intervals.ranges().end()) {
                    table.erase(changed);
                } else {
                    table[changed] = range->second;
                }
            }
            ASSERT_EQ(table, intervals.ranges());
            std::int64_t prefix = 0;
            while (plain.contains(prefix + 1)) {
                ++prefix;
            }
            ASSERT_EQ(intervals.prefix(), prefix);
            ASSERT_EQ(intervals.highest(), *plain.rbegin());
            for (std::int64_t i = 0; i < 90; ++i) {
                ASSERT_EQ(intervals.contains(i), plain.contains(i)) << i;
            }
            const auto from = static_cast<std::int64_t>(random() % 90);
            const auto to = from + static_cast<std::int64_t>(random() % 30) - 1;
            ASSERT_EQ(intervals.count(from, to),
                      std::distance(plain.lower_bound(from), plain.upper_bound(to)));
            auto before = intervals.ranges().begin();
            for (auto at = std::next(before); at != intervals.ranges().end(); before = at++) {
                ASSERT_GT(at->first, before->second + 1) << "ranges touch";
            }
        }
    }
}

TEST(IntervalSet, AnEmptyRangeChangesNothing) {
    IntervalSet intervals;
    intervals.add(1, 0);
    EXPECT_TRUE(intervals.ranges().empty());
    EXPECT_FALSE(intervals.changed());
    EXPECT_EQ(intervals.prefix(), 0);
    EXPECT_EQ(intervals.highest(), 0);
    EXPECT_EQ(intervals.count(1, 10), 0);
}

}  // namespace
}  // namespace quipu::test
