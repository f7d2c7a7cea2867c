// SPDX-License-Identifier: Apache-2.0
// What a command line means, and what is said when it means nothing.
#include "quipu/app/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

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
        list.add("-n,--name", name, "Its name");
        list.add_help();
        CommandLine::Command move = root.add_command("move", "Moves them", "Commands");
        CommandLine::Command now = move.add_command("now", "At once", "Commands");
        now.add("ID", ids, "Their numbers").required();
        now.add_help();
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
        argv.reserve(words.size());
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
    std::string name;
    std::vector<std::int64_t> ids;
};

std::string fault_of(std::vector<std::string> words) {
    return Tool().fault_of(std::move(words));
}

TEST(CommandLine, ValuesAreStoredInTheirVariables) {
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

TEST(CommandLine, VariablesOfAbsentOptionsAreUnchanged) {
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

TEST(CommandLine, RestCollectsUnknownWords) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"own", "a", "--limit", "x"}).value());
    EXPECT_THAT(tool.line.rest(), ElementsAre("a", "--limit", "x"));
    EXPECT_THAT(Tool().line.rest(), IsEmpty());
}

TEST(CommandLine, VersionIsPrinted) {
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

TEST(CommandLine, NumberErrorsNameTheOption) {
    EXPECT_EQ(fault_of({"list", "--limit", "many"}), "--limit: 'many' is not a whole number");
    EXPECT_EQ(fault_of({"list", "--limit", "3.5"}), "--limit: '3.5' is not a whole number");
    EXPECT_EQ(fault_of({"list", "--limit", ""}), "--limit: '' is not a whole number");
    EXPECT_EQ(fault_of({"list", "--limit", "51"}), "--limit: must be between 0 and 50");
    EXPECT_EQ(fault_of({"list", "--limit", "-1"}), "--limit: must be between 0 and 50");
    EXPECT_EQ(fault_of({"list", "--after", "0"}), "--after: must be at least 1");
    EXPECT_EQ(fault_of({"list", "--low", "+11"}), "--low: must be at most 10");
    EXPECT_EQ(fault_of({"list", "--low", "+-1"}), "--low: '+-1' is not a whole number");
    EXPECT_EQ(fault_of({"list", "--after", "9223372036854775808"}),
              "--after: '9223372036854775808' is out of range");
    EXPECT_EQ(fault_of({"list", "--ratio", "half"}), "--ratio: 'half' is not a number");
    EXPECT_EQ(fault_of({"list", "--ratio", "nan"}), "--ratio: 'nan' is not a number");
    EXPECT_EQ(fault_of({"move", "now", "1", "x"}), "ID: 'x' is not a whole number");
}

TEST(CommandLine, OptionNamesAreListed) {
    EXPECT_EQ(fault_of({"list", "--order", "left"}), "--order: 'left' is not one of up, down");
}

TEST(CommandLine, UnknownNameGetsASuggestion) {
    EXPECT_EQ(fault_of({"lst"}), "unknown command 'lst'; did you mean 'list'?");
    EXPECT_EQ(fault_of({"move", "nwo", "1"}),
              "unknown command 'move nwo'; did you mean 'move now'?");
    EXPECT_EQ(fault_of({"list", "--lmit=3"}), "unknown option '--lmit'; did you mean '--limit'?");
    EXPECT_EQ(fault_of({"list", "three"}), "unexpected argument 'three'");
}

TEST(CommandLine, AnOptionOfAnotherCommandNamesTheCommand) {
    EXPECT_EQ(fault_of({"list", "--size=3"}),
              "unknown option '--size' of 'list'; it belongs to 'own'");
    EXPECT_EQ(fault_of({"move", "now", "--limit", "3"}),
              "unknown option '--limit' of 'move now'; it belongs to 'list'");
    EXPECT_EQ(fault_of({"-v", "list"}),
              "unknown option '-v' before the command; it belongs to 'list'");
    CommandLine line("tool");
    bool flag = false;
    for (const char* name : {"a", "b", "c", "d"}) {
        line.root().add_command(name, "", "Commands").add_flag("--all", flag, "");
    }
    EXPECT_EQ(line.parse({"--all"}).error(),
              "unknown option '--all' before the command; it belongs to 'a', 'b', 'c' and others");
}

TEST(CommandLine, AMisspeltOptionIsNamedBeforeAMissingArgument) {
    EXPECT_EQ(fault_of({"move", "now", "--hlp"}), "unknown option '--hlp'; did you mean '--help'?");
}

TEST(CommandLine, OnlySimilarNamesAreSuggested) {
    EXPECT_EQ(fault_of({"frobnicate"}), "unknown command 'frobnicate'");
    EXPECT_EQ(fault_of({"list", "--frobnicate"}), "unknown option '--frobnicate'");
}

TEST(CommandLine, InvalidValueIsReportedBesideAnUnknownOption) {
    EXPECT_EQ(fault_of({"list", "three", "--limit", "x"}), "--limit: 'x' is not a whole number");
    EXPECT_EQ(fault_of({"own", "file.py", "--size", "x"}), "--size: 'x' is not a whole number");
}

TEST(CommandLine, ValueOfAnUnknownOptionIsNotShown) {
    EXPECT_EQ(fault_of({"list", "--pasword", "hunter2"}), "unknown option '--pasword'");
    EXPECT_EQ(fault_of({"list", "--pasword=hunter2"}), "unknown option '--pasword'");
    EXPECT_EQ(fault_of({"--hlep", "list"}), "unknown option '--hlep'; did you mean '--help'?");
}

TEST(CommandLine, MissingAndSurplusWordsAreNamed) {
    EXPECT_EQ(fault_of({"move", "now"}), "ID is required");
    EXPECT_EQ(fault_of({"list", "--limit"}), "--limit: a value is missing (N)");
    EXPECT_EQ(fault_of({"list", "-n"}), "--name: a value is missing (TEXT)");
    EXPECT_EQ(fault_of({"list", "--after", "1", "--ratio", "1"}), "--after excludes --ratio");
    EXPECT_EQ(fault_of({"list", "--ratio", "1", "--after", "1"}), "--after excludes --ratio");
    EXPECT_EQ(fault_of({"list", "--limit", "1", "--limit", "2"}), "--limit: given more than once");
    EXPECT_EQ(fault_of({"list", "--verbose=hunter2"}), "--verbose: takes no value");
}

TEST(CommandLine, EmptyTextAfterEqualsSignIsAMissingValue) {
    EXPECT_EQ(fault_of({"list", "--name=", "other"}), "--name: a value is missing (TEXT)");
    EXPECT_EQ(fault_of({"list", "--lmit="}), "unknown option '--lmit'; did you mean '--limit'?");
    Tool tool;
    tool.name = "old";
    EXPECT_TRUE(tool.parse({"list", "--name", ""}).value());
    EXPECT_EQ(tool.name, "");
    Tool own;
    EXPECT_TRUE(own.parse({"own", "--name=", "x"}).value());
    EXPECT_THAT(own.line.rest(), ElementsAre("--name=", "x"));
}

TEST(CommandLine, ValueIsTakenVerbatim) {
    const auto name_of = [](std::vector<std::string> words) {
        Tool tool;
        EXPECT_TRUE(tool.parse(std::move(words)).value());
        return tool.name;
    };
    EXPECT_EQ(name_of({"list", "--name=a=b"}), "a=b");
    EXPECT_EQ(name_of({"list", "-na"}), "a");
    EXPECT_EQ(name_of({"list", "-n", "a"}), "a");
    EXPECT_EQ(name_of({"list", "-n=a"}), "=a");
    EXPECT_EQ(name_of({"list", "--name", "limit"}), "limit");
    EXPECT_EQ(name_of({"list", "--name", "--limit"}), "--limit");
    EXPECT_EQ(name_of({"list", "--name", "--limit="}), "--limit=");
    EXPECT_EQ(name_of({"list", "--name", "--"}), "--");
    EXPECT_EQ(name_of({"list", "--name", "---"}), "---");
    EXPECT_EQ(name_of({"list", "--name", "-1"}), "-1");
    EXPECT_EQ(name_of({"list", "--name", "-"}), "-");
    EXPECT_EQ(name_of({"list", "--name", "-v"}), "-v");
    EXPECT_EQ(name_of({"list", "-n", "-n", "-v"}), "-n");
    // What follows it does not change that.
    EXPECT_EQ(name_of({"list", "--name", "--", "-v"}), "--");
    EXPECT_EQ(name_of({"list", "--name", "list", "-v"}), "list");
}

TEST(CommandLine, BracketedTextIsOneWord) {
    for (const char* word : {"[]", "[a,b]", "{}", "%%", "\"a\"", "a=", "[x]=", "\xff\xfe["}) {
        CommandLine line("tool");
        std::string first;
        std::vector<std::string> others;
        std::vector<std::string> types;
        line.root().add("FIRST", first, "");
        line.root().add("OTHERS", others, "");
        line.root().add("--type", types, "");
        EXPECT_TRUE(line.parse({word, word, word, "--type", word, "--type", word}));
        EXPECT_EQ(first, word);
        EXPECT_THAT(others, ElementsAre(word, word));
        EXPECT_THAT(types, ElementsAre(word, word));
    }
}

TEST(CommandLine, InvalidUtf8IsPreserved) {
    EXPECT_EQ(fault_of({"list", "--\xff"}), "unknown option '--\xff'");
    EXPECT_EQ(fault_of({"\xff\xc0"}), "unknown command '\xff\xc0'");
    // A value is quoted, so it is made printable at once.
    EXPECT_EQ(fault_of({"list", "--limit", "\xff\x1b"}),
              "--limit: '\xef\xbf\xbd\\u001b' is not a whole number");
}

TEST(CommandLine, OptionValueIsNotACommand) {
    CommandLine line("tool");
    std::string store;
    bool file = false;
    line.root().add("--store", store, "");
    line.root().add_flag("--file", file, "");
    line.root().add_command("file", "", "Commands");
    line.root().add_command("list", "", "Commands");
    EXPECT_TRUE(line.parse({"--store", "file", "list"}));
    EXPECT_EQ(store, "file");
    EXPECT_FALSE(file);
    EXPECT_THAT(line.chosen(), ElementsAre("list"));
}

TEST(CommandLine, FlagsMayBeCombinedAndRepeated) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"list", "-vvnx", "--verbose"}).value());
    EXPECT_TRUE(tool.verbose);
    EXPECT_EQ(tool.name, "x");
    EXPECT_EQ(fault_of({"list", "-vx"}), "unknown option '-x'; did you mean '-v'?");
    EXPECT_EQ(fault_of({"list", "-v=yes"}), "unknown option '-'; did you mean '-v'?");
}

TEST(CommandLine, OptionMayHaveOnlyAShortName) {
    const auto parse = [](CommandLine::Texts words) {
        CommandLine line("tool");
        std::int64_t number = 0;
        bool flag = false;
        line.root().add("-o", number, "");
        line.root().add_flag("-f", flag, "");
        return line.parse(std::move(words));
    };
    EXPECT_TRUE(parse({"-fo5"}));
    EXPECT_EQ(parse({"-o"}).error(), "-o: a value is missing (INT)");
    EXPECT_EQ(parse({"-o", "1", "-o2"}).error(), "-o: given more than once");
    EXPECT_EQ(parse({"-ox"}).error(), "-o: 'x' is not a whole number");
    EXPECT_EQ(parse({"--o"}).error(), "unknown option '--o'; did you mean '-o'?");
}

TEST(CommandLine, NamesCannotBeAbbreviated) {
    EXPECT_EQ(fault_of({"list", "--verb"}), "unknown option '--verb'; did you mean '--verbose'?");
    EXPECT_EQ(fault_of({"list", "---verbose"}),
              "unknown option '---verbose'; did you mean '--verbose'?");
    EXPECT_EQ(fault_of({"list", "---v"}), "unknown option '---v'");
    EXPECT_EQ(fault_of({"list", "--=x"}), "unknown option '--'; did you mean '-v'?");
}

TEST(CommandLine, ThousandsOfWordsAreParsed) {
    const std::vector<std::string> many(20'000, "5");
    const auto with_many = [&](std::vector<std::string> words) {
        words.insert(words.end(), many.begin(), many.end());
        return words;
    };
    for (const auto& words : {with_many({"move", "now"}), with_many({"move", "now", "--"})}) {
        Tool tool;
        EXPECT_TRUE(tool.parse(words).value());
        EXPECT_EQ(tool.ids.size(), many.size());
    }
    EXPECT_THAT(fault_of(with_many({"move"})), HasSubstr("unknown command 'move 5'"));
    EXPECT_EQ(fault_of({"-", "move"}), "unknown command '-'");
}

TEST(CommandLine, TwoDashesEndTheOptions) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"--", "move", "now", "3", "--", "-4", "5"}).value());
    EXPECT_THAT(tool.ids, ElementsAre(3, -4, 5));
    EXPECT_TRUE(Tool().parse({"list", "-v", "--"}).value());
    EXPECT_EQ(fault_of({"list", "--", "--limit=hunter2"}), "unexpected argument '--limit'");
    EXPECT_EQ(fault_of({"--", "--help"}), "unknown command '--help'");
    EXPECT_EQ(fault_of({"move", "now", "--", "--help"}), "ID: '--help' is not a whole number");
}

TEST(CommandLine, RestKeepsTheDoubleDash) {
    Tool tool;
    EXPECT_TRUE(tool.parse({"own", "a", "--size", "3", "-5", "--", "--size", "--", "b"}).value());
    EXPECT_THAT(tool.line.rest(), ElementsAre("a", "-5", "--", "--size", "--", "b"));
    EXPECT_EQ(tool.size, 3);
}

TEST(CommandLine, HelpIsForTheLastCommand) {
    Tool tool;
    EXPECT_FALSE(tool.parse({"--help", "move", "now"}).value());
    EXPECT_THAT(tool.out.str(), HasSubstr("Usage: tool move now [OPTIONS] ID..."));
}

TEST(CommandLine, HelpPrecedesErrors) {
    const std::vector<std::vector<std::string>> lines = {
        {"move", "now", "--help"},
        {"move", "now", "--nope", "--help"},
        {"--help", "list", "--after", "1", "--ratio", "1"},
    };
    for (const auto& words : lines) {
        Tool tool;
        EXPECT_EQ(tool.parse(words), false);
        EXPECT_THAT(tool.out.str(), HasSubstr("Usage: tool "));
    }
    EXPECT_EQ(fault_of({"list", "--limit", "x", "--help"}), "--limit: 'x' is not a whole number");
    EXPECT_EQ(fault_of({"lst", "--help"}), "unknown command 'lst'; did you mean 'list'?");
}

TEST(CommandLine, HelpAndVersionMayBeRepeated) {
    EXPECT_EQ(Tool().parse({"--help", "--help"}), false);
    Tool tool;
    EXPECT_EQ(tool.parse({"--version", "--version", "--help", "--nope"}), false);
    EXPECT_EQ(tool.out.str(), "tool 1.2\n");
}

TEST(CommandLine, CommandHelpIsComplete) {
    CommandLine line("tool");
    line.root().add_help().heading("Common");
    CommandLine::Command copy = line.root().add_command("copy", "Copies\nthem", "Commands");
    std::string from;
    std::vector<std::string> to;
    bool all = false;
    copy.add("FROM", from, "What to copy").required();
    copy.add("TO", to, "Where to");
    copy.add_flag("-a,--all", all, "All of it");
    copy.add("--a-name-that-is-too-long", from, "On a line\nof its own").placeholder("NAME");
    copy.add("--secret", from, "Not shown").heading("");
    copy.add_help().heading("Common");
    copy.footer("Examples:\n  tool copy a b");
    std::ostringstream out;
    std::vector<std::string> words = {"tool", "copy", "--help"};
    std::vector<char*> argv = {words[0].data(), words[1].data(), words[2].data()};
    EXPECT_EQ(line.parse(3, argv.data(), out), false);
    EXPECT_EQ(out.str(), R"(Copies
them

Usage: tool copy [OPTIONS] FROM [TO...]

Arguments:
  FROM                        What to copy
  TO                          Where to

Options:
  -a,--all                    All of it
  --a-name-that-is-too-long NAME
                              On a line
                              of its own

Common:
  -h,--help                   Print this help and exit

Examples:
  tool copy a b
)");
}

TEST(CommandLine, ChosenCommandsAreKnownAfterAnError) {
    const auto chosen_by = [](std::vector<std::string> words) {
        Tool tool;
        EXPECT_FALSE(tool.parse(std::move(words)));
        return tool.line.chosen();
    };
    EXPECT_THAT(chosen_by({"list", "--limit"}), ElementsAre("list"));
    EXPECT_THAT(chosen_by({"--nope", "move", "x", "now"}), ElementsAre("move"));
    EXPECT_THAT(chosen_by({"move", "nwo"}), ElementsAre("move"));
    EXPECT_THAT(chosen_by({"list", "move"}), ElementsAre("list"));
    EXPECT_THAT(chosen_by({"-1"}), IsEmpty());
}

TEST(CommandLine, EmptyWordIsAValue) {
    EXPECT_EQ(fault_of({""}), "unknown command ''");
    EXPECT_EQ(fault_of({"", "list"}), "unknown command ''");
    EXPECT_EQ(fault_of({"list", ""}), "unexpected argument ''");
    EXPECT_EQ(fault_of({"move", "now", ""}), "ID: '' is not a whole number");
    Tool tool;
    EXPECT_TRUE(tool.parse({}).value());
    EXPECT_THAT(tool.line.chosen(), IsEmpty());
}

TEST(CommandLine, ProgrammingErrorThrows) {
    CommandLine line("tool");
    CommandLine::Command root = line.root();
    std::string text;
    bool flag = false;
    root.add("-n,--name", text, "");
    CommandLine::Command below = root.add_command("below", "", "Commands");
    below.add("FILE", text, "");
    EXPECT_THROW(root.add("--name", text, ""), std::logic_error);
    EXPECT_THROW(root.add_flag("-n", flag, ""), std::logic_error);
    EXPECT_THROW(below.add("FILE", text, ""), std::logic_error);
    EXPECT_THROW(root.add_command("below", "", ""), std::logic_error);
    for (const char* name : {"", "-", "--", "---a", "-ab", "--a b", "--a="}) {
        EXPECT_THROW(below.add(name, text, ""), std::logic_error) << name;
    }
    EXPECT_THROW(below.add_flag("ARGUMENT", flag, ""), std::logic_error);
    for (const char* name : {"", "-a", "--a", "a b", "a=b"}) {
        EXPECT_THROW(root.add_command(name, "", ""), std::logic_error) << name;
    }
    // Both would take the same word.
    EXPECT_THROW(root.add("ARGUMENT", text, ""), std::logic_error);
    EXPECT_THROW(below.add_command("further", "", ""), std::logic_error);
    EXPECT_THROW(static_cast<void>(root.find("--nope")), std::logic_error);
    EXPECT_THROW(static_cast<void>(below.find("")), std::logic_error);
    EXPECT_TRUE(line.parse({"below", "x"}));
}

TEST(CommandLine, ArgumentsWithoutAProgramNameAreParsed) {
    CommandLine line("own");
    std::string file;
    line.root().add("FILE", file, "").required();
    EXPECT_TRUE(line.parse({"a.py"}));
    EXPECT_EQ(file, "a.py");
}

TEST(CommandLine, ArgumentsWithoutAProgramNameReportErrors) {
    CommandLine line("own");
    bool follow = false;
    line.root().add_flag("--follow", follow, "");
    EXPECT_EQ(line.parse({"--folow"}).error(),
              "unknown option '--folow'; did you mean '--follow'?");
}

}  // namespace
}  // namespace quipu
