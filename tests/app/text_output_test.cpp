// SPDX-License-Identifier: Apache-2.0
#include "quipu/app/cli/text_output.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace quipu {
namespace {

TEST(Printable, LeavesTextAlone) {
    EXPECT_EQ(printable("Grüße ☃ 17"), "Grüße ☃ 17");
    EXPECT_EQ(printable(""), "");
}

TEST(Printable, ShowsControlCharacters) {
    EXPECT_EQ(printable("a\x1b[31mb"), "a\\u001b[31mb");
    EXPECT_EQ(printable("a\nb\tc\x7f"), "a\\u000ab\\u0009c\\u007f");
    EXPECT_EQ(printable("\xc2\x9b"
                        "2J"),
              "\\u009b2J");
    EXPECT_EQ(printable("\xc2\xa0"), "\xc2\xa0");
    EXPECT_EQ(printable("\xff"), "\xef\xbf\xbd");
    EXPECT_EQ(printable(std::string_view("\0", 1)), "\\u0000");
}

TEST(PrettyJson, OneMemberALine) {
    EXPECT_EQ(pretty_json(R"({"a":1,"b":[true,{"c":null}],"d":{},"e":[]})"),
              "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    {\n      \"c\": null\n    }\n  ],\n"
              "  \"d\": {},\n  \"e\": []\n}");
    EXPECT_EQ(pretty_json("[ ]"), "[]");
    EXPECT_EQ(pretty_json(" 17 "), "17");
}

TEST(PrettyJson, TouchesNoText) {
    EXPECT_EQ(pretty_json(R"(["a:b,{[\"\\", "}"])"), "[\n  \"a:b,{[\\\"\\\\\",\n  \"}\"\n]");
}

TEST(PrettyJson, IsSafeOnATerminal) {
    EXPECT_EQ(pretty_json("\"\xc2\x9b\x7f\""), "\"\\u009b\\u007f\"");
}

TEST(PrettyJson, TerminatesForMalformedText) {
    for (const std::string_view text : {"", "{", "\"", "\"\\", "]]]", "{{{", "\xff", ":,:,"}) {
        static_cast<void>(pretty_json(text));
        static_cast<void>(compact_json(text));
    }
}

TEST(CompactJson, OneLine) {
    EXPECT_EQ(compact_json("{ \"a b\" :\n [ 1 ,\t2 ] , \"q\\\" \" : \" \" }\r\n"),
              R"({"a b":[1,2],"q\" ":" "})");
}

TEST(FormatBytes, Units) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(1024), "1.0 KiB");
    EXPECT_EQ(format_bytes(3 * 1024 * 1024 / 2), "1.5 MiB");
    EXPECT_EQ(format_bytes(std::int64_t{1} << 50), "1024.0 TiB");
}

TEST(Table, AlignsColumns) {
    Table table({"NAME", "N", ""});
    table.add({"ü", "100", "x\ny"});
    table.add({"longer", "2", ""});
    std::ostringstream out;
    table.print(out);
    EXPECT_EQ(out.str(), "NAME    N    \nü       100  x\\u000ay\nlonger  2    \n");
}

}  // namespace
}  // namespace quipu
