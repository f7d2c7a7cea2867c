// SPDX-License-Identifier: Apache-2.0
#include "quipu/delivery/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace quipu::test {
namespace {

const std::string valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, ParentOfTheSpecificationIsValid) {
    EXPECT_TRUE(is_traceparent(valid));
    EXPECT_TRUE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
}

TEST(TraceContext, LaterVersionsMayAppendFields) {
    EXPECT_TRUE(is_traceparent("cc" + valid.substr(2)));
    EXPECT_TRUE(is_traceparent("cc" + valid.substr(2) + "-what-comes-later"));
    EXPECT_FALSE(is_traceparent("cc" + valid.substr(2) + ".what-comes-later"));
    EXPECT_FALSE(is_traceparent(valid + "-what-comes-later"));
}

TEST(TraceContext, ParentThatIsNotAsSpecifiedIsInvalid) {
    for (const std::string& text :
         {std::string(), std::string("last"), valid.substr(1), valid + "0", "ff" + valid.substr(2),
          "0g" + valid.substr(2),
          std::string("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
          std::string("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
          std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"),
          std::string("00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
          std::string("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x"),
          std::string(55, '\0'), std::string(100'000, '0')}) {
        EXPECT_FALSE(is_traceparent(text)) << text.substr(0, 80);
    }
}

TEST(TraceContext, InvalidParentIsNotPassedOnAndNeitherIsItsState) {
    RecordHeaders headers;
    inherit_trace({{"traceparent", "00-1"}, {"tracestate", "vendor=1"}}, headers);
    EXPECT_EQ(headers, RecordHeaders{});
}

TEST(TraceContext, StateWithOtherCharactersOrTooManyIsLeftOut) {
    for (const std::string& state :
         {std::string("a=\x01"), std::string("a=ä"), std::string(513, 'a')}) {
        RecordHeaders headers;
        inherit_trace({{"traceparent", valid}, {"tracestate", state}}, headers);
        EXPECT_EQ(headers, (RecordHeaders{{"traceparent", valid}}));
    }
}

TEST(TraceContext, OwnParentOfAnEventStays) {
    RecordHeaders headers{{"traceparent", "own"}};
    inherit_trace({{"traceparent", valid}, {"tracestate", "vendor=1"}}, headers);
    EXPECT_EQ(headers, (RecordHeaders{{"traceparent", "own"}}));
}

}  // namespace
}  // namespace quipu::test
