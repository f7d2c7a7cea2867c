// What a command line means, and what is said when it means nothing.
#include "quipu/app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace quipu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A program with a bit of everything.
struct Tool {
    Tool() {
        CommandLine::Command root = line.root();
        root.add_help();
        root.add_version("tool 1.2");
        CommandLine::Command list = root.add_command("list", "Lists them", "Commands");
        list.add("--limit", {limit, {.least = 0, .most = 50}}, "At most so many").placeholder("N");
        list.add("--low", {low, {.most = 10}}, "Lowest");
        list.add("--type", types, "Of this type");
        list.add("--order", CommandLine::Value::one_of(order, {"up", "down"}), "Which way");
        const auto after = list.add("--after", {after_, CommandLine::at_least(1)}, "From here on");
        list.add("--ratio", ratio, "A part").excludes(after);
        list.add_flag("-v,--verbose", verbose, "More");
        CommandLine::Command move = root.add_command("move", "Moves them", "Commands");
        CommandLine::Command now = move.add_command("now", "At once", "Commands");
        now.add("ID", ids, "Their numbers").required();
        CommandLine::Command own = root.add_command("own", "Another's", "Commands");
        own.allow_rest();
        own.add("--size", size, "How large");
    }

    std::string fault_of(std::vector<std::string> words) {
        const auto parsed = parse(std::move(words));
        EXPECT_FALSE(parsed);
        return parsed ? "" : parsed.error();
    }
    std::expected<bool, std::string> parse(std::vector<std::string> words) {
        words.insert(words.begin(), "tool");
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        return line.parse(static_cast<int>(argv.size()), argv.data(), out);
    }

    CommandLine line{"tool"};
    std::ostringstream out;
    std::size_t limit = 7;
    std::vector<std::string> types;
    std::string order = "up";
    std::optional<std::int64_t> after_;
    double ratio = 0.5;
    int low = 0;
    std::int64_t size = 0;
    bool verbose = false;
    std::vector<std::int64_t> ids;
};

std::string fault_of(std::vector<std::string> words) {
    return Tool().fault_of(std::move(words));
}

TEST(CommandLine, ValuesGoWhereTheyBelong) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"list", "--limit", "50", "--type=a", "--type", "b", "--order", "down",
                            "--after", "9", "-v"})
                    .value());
    EXPECT_EQ(tool.limit, 50U);
    EXPECT_THAT(tool.types, ElementsAre("a", "b"));
    EXPECT_EQ(tool.order, "down");
    EXPECT_EQ(tool.after_, 9);
    EXPECT_TRUE(tool.verbose);
    EXPECT_THAT(tool.line.chosen(), ElementsAre("list"));
}

TEST(CommandLine, WhatIsNotGivenStays) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"list"}).value());
    EXPECT_EQ(tool.limit, 7U);
    EXPECT_EQ(tool.order, "up");
    EXPECT_EQ(tool.after_, std::nullopt);
    EXPECT_EQ(tool.ratio, 0.5);
    EXPECT_FALSE(tool.verbose);
}

TEST(CommandLine, CommandsBelowCommandsTakeSeveralArguments) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"move", "now", "3", "-4"}).value());
    EXPECT_THAT(tool.ids, ElementsAre(3, -4));
    EXPECT_THAT(tool.line.chosen(), ElementsAre("move", "now"));
}

TEST(CommandLine, AnotherTakesTheRest) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"own", "a", "--limit", "x"}).value());
    EXPECT_THAT(tool.line.rest(), ElementsAre("a", "--limit", "x"));
    EXPECT_THAT(Tool().line.rest(), IsEmpty());
}

TEST(CommandLine, VersionIsWritten) {
    Tool tool;
    EXPECT_FALSE(tool.parse({"--version"}).value());
    EXPECT_EQ(tool.out.str(), "tool 1.2\n");
}

TEST(CommandLine, HelpNamesEverythingOnce) {
    Tool tool;
    EXPECT_FALSE(tool.parse({"--help"}).value());
    EXPECT_THAT(tool.out.str(), HasSubstr("Usage: tool [OPTIONS] [COMMAND]"));
    EXPECT_THAT(tool.out.str(), HasSubstr("  list                        Lists them\n"));
    EXPECT_THAT(tool.out.str(), HasSubstr("-h,--help"));
}

TEST(CommandLine, NumbersAreCheckedWithTheirOption) {
    EXPECT_EQ(fault_of({"list", "--limit", "many"}), "--limit: 'many' is no whole number");
    EXPECT_EQ(fault_of({"list", "--limit", "3.5"}), "--limit: '3.5' is no whole number");
    EXPECT_EQ(fault_of({"list", "--limit", ""}), "--limit: '' is no whole number");
    EXPECT_EQ(fault_of({"list", "--limit", "51"}), "--limit: must lie between 0 and 50");
    EXPECT_EQ(fault_of({"list", "--limit", "-1"}), "--limit: must lie between 0 and 50");
    EXPECT_EQ(fault_of({"list", "--after", "0"}), "--after: must be at least 1");
    EXPECT_EQ(fault_of({"list", "--low", "+11"}), "--low: must be at most 10");
    EXPECT_EQ(fault_of({"list", "--low", "+-1"}), "--low: '+-1' is no whole number");
    EXPECT_EQ(fault_of({"list", "--after", "9223372036854775808"}),
              "--after: '9223372036854775808' is out of range");
    EXPECT_EQ(fault_of({"list", "--ratio", "half"}), "--ratio: 'half' is no number");
    EXPECT_EQ(fault_of({"list", "--ratio", "nan"}), "--ratio: 'nan' is no number");
    EXPECT_EQ(fault_of({"move", "now", "1", "x"}), "'x' is no whole number");
}

TEST(CommandLine, NamesAreListed) {
    EXPECT_EQ(fault_of({"list", "--order", "left"}), "--order: 'left' is none of up, down");
}

TEST(CommandLine, WhatIsUnknownComesWithTheNearest) {
    EXPECT_EQ(fault_of({"lst"}), "unknown command 'lst'; did you mean 'list'?");
    EXPECT_EQ(fault_of({"move", "nwo", "1"}),
              "unknown command 'move nwo'; did you mean 'move now'?");
    EXPECT_EQ(fault_of({"list", "--lmit=3"}), "unknown option '--lmit'; did you mean '--limit'?");
    EXPECT_EQ(fault_of({"list", "three"}), "nothing here takes 'three'");
}

TEST(CommandLine, AMistakeBesideSomethingUnknownIsNotHidden) {
    EXPECT_EQ(fault_of({"list", "three", "--limit", "x"}), "--limit: 'x' is no whole number");
    EXPECT_EQ(fault_of({"own", "file.py", "--size", "x"}), "--size: 'x' is no whole number");
}

TEST(CommandLine, WhatFollowsAnUnknownOptionIsNotRepeated) {
    EXPECT_EQ(fault_of({"list", "--pasword", "hunter2"}),
              "unknown option '--pasword'; did you mean '--after'?");
    EXPECT_EQ(fault_of({"list", "--pasword=hunter2"}),
              "unknown option '--pasword'; did you mean '--after'?");
    EXPECT_EQ(fault_of({"--hlep", "list"}), "unknown option '--hlep'; did you mean '--help'?");
}

TEST(CommandLine, WhatIsMissingOrTooMuchIsNamed) {
    EXPECT_THAT(fault_of({"move", "now"}), HasSubstr("ID is required"));
    EXPECT_THAT(fault_of({"list", "--limit"}), HasSubstr("--limit"));
    EXPECT_THAT(fault_of({"list", "--after", "1", "--ratio", "1"}), HasSubstr("--ratio"));
    EXPECT_THAT(fault_of({"list", "--limit", "1", "--limit", "2"}), HasSubstr("--limit"));
}

TEST(CommandLine, ALineWithoutAProgramsName) {
    CommandLine line("own");
    std::string file;
    line.root().add("FILE", file, "").required();
    EXPECT_TRUE(line.parse({"a.py"}));
    EXPECT_EQ(file, "a.py");
}

TEST(CommandLine, ALineWithoutAProgramsNameExplains) {
    CommandLine line("own");
    bool follow = false;
    line.root().add_flag("--follow", follow, "");
    EXPECT_EQ(line.parse({"--folow"}).error(),
              "unknown option '--folow'; did you mean '--follow'?");
}

}  // namespace
}  // namespace quipu
