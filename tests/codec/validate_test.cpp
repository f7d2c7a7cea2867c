// SPDX-License-Identifier: Apache-2.0
#include "quipu/codec/validate.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace {

std::expected<std::string, quipu::Faults> judge(std::string_view text) {
    if (text != "bad") return std::string(text) + "\u2028";
    return std::unexpected(quipu::Faults{
        {quipu::Fault{"missing", {std::string("a\"b"), std::int64_t{3}}, "field required"}}});
}

TEST(Validate, ReportsTheResultOfACase) {
    EXPECT_EQ(quipu::validate_line(R"({"id":"x/1","group":"g","input":"a\nb","ok":true})", judge),
              R"({"id":"x/1","ok":true,"output":"a\nb\u2028"})");
    EXPECT_EQ(quipu::validate_line(R"({"input":"bad","id":5})", judge),
              R"({"id":5,"ok":false,"errors":[{"type":"missing","loc":["a\"b",3],)"
              R"("msg":"field required"}]})");
    EXPECT_EQ(quipu::validate_line(R"({"id":"b","input_b64":"YmFk"})", judge),
              R"({"id":"b","ok":false,"errors":[{"type":"missing","loc":["a\"b",3],)"
              R"("msg":"field required"}]})");
    EXPECT_EQ(quipu::validate_line(R"({"id":"b","input_b64":"YQ=="})", judge),
              R"({"id":"b","ok":true,"output":"a\u2028"})");
}

TEST(Validate, RejectsMalformedCases) {
    for (const char* line : {"", "x", "[]", "{}", R"({"id":1})", R"({"id":1,"input":5})",
                             R"({"id":1,"input_b64":"a"})", R"({"id":1,"input_b64":"a*=="})",
                             R"({"id":1,"input":"a"} x)", "{\"id\":\"\xFF\",\"input\":\"a\"}"}) {
        EXPECT_EQ(quipu::validate_line(line, judge).substr(0, 21), R"({"id":null,"ok":false)")
            << line;
    }
}

TEST(Validate, ReportsOneResultPerLine) {
    std::istringstream in("{\"id\":1,\"input\":\"a\"}\n\n{\"id\":2,\"input\":\"bad\"}\n");
    std::ostringstream out;
    quipu::validate_lines(in, out, judge);
    EXPECT_EQ(std::count(out.view().begin(), out.view().end(), '\n'), 2);
}

}  // namespace
