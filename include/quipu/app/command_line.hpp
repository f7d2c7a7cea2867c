// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's
class Option;
}

namespace quipu {

struct CommandNode;

/// What a number on a command line may be, both ends included. CommandLine::Range is its name; it
/// stands out here because only a complete type can be a default argument.
struct CommandLineRange {
    double least = std::numeric_limits<double>::lowest();
    double most = std::numeric_limits<double>::max();
};

/// A command line with commands, options and arguments, for a program's own commands as for those
/// built in. It takes `--name value`, `--name=value`, `-n value`, `-nvalue` and several flags as
/// `-ab`; no name may be shortened. The word after an option is its value, also when it begins with
/// a dash; an empty value is a word of its own. `--` ends the options of the command that it stands
/// in. A number below zero is not an option.
///
/// Not thread-safe. Nothing here throws for what a user wrote; a mistake of the programmer (a name
/// used twice, one that cannot be a name or does not exist) throws std::logic_error.
class CommandLine {
  public:
    using Texts = std::vector<std::string>;
    using Taken = std::expected<void, std::string>;  ///< the error without the option's name
    using Take = std::function<Taken(const Texts&)>;

    using Range = CommandLineRange;
    [[nodiscard]] static constexpr Range at_least(double least) noexcept {
        return {.least = least};
    }

    /// Where an option's text goes. What it refers to must live until the line is parsed, and is
    /// left alone when the option is not given.
    class Value {
      public:
        Value(std::string& to);
        Value(std::optional<std::string>& to);
        Value(std::filesystem::path& to);
        Value(int& to, Range range = {});
        Value(std::int64_t& to, Range range = {});
        Value(std::optional<std::int64_t>& to, Range range = {});
        Value(std::size_t& to, Range range = {});
        Value(double& to, Range range = {});
        /// Several: an option may be given more than once, an argument takes all that stand there.
        Value(std::vector<std::string>& to);
        Value(std::vector<std::int64_t>& to);
        /// One text, for `take` to understand.
        template <std::convertible_to<Take> F>
        Value(F take) : Value(Take(std::move(take)), false) {}

        /// Several texts, for `take` to understand together.
        [[nodiscard]] static Value several(Take take) { return {std::move(take), true}; }
        /// One of these names.
        [[nodiscard]] static Value one_of(std::string& to, Texts names);

      private:
        friend class CommandLine;
        Value(Take take, bool several, const char* kind = "TEXT")
            : take_(std::move(take)), several_(several), kind_(kind) {}

        Take take_;
        bool several_;
        const char* kind_;
    };

    /// One option, flag or argument; valid as long as the command line.
    class Option {
      public:
        /// The word that stands for its value in the help.
        Option& placeholder(const std::string& word);
        /// The heading that it stands under in the help; an empty one hides it.
        Option& heading(const std::string& heading);
        Option& required();
        /// Refused together with `other`.
        Option& excludes(const Option& other);

      private:
        friend class CommandLine;
        explicit Option(CLI::Option* option) : option_(option) {}
        CLI::Option* option_;
    };

    /// One command, or the program itself; valid as long as the command line.
    class Command {
      public:
        /// A command below this one, of which at most one may be given. One with commands below
        /// it has no arguments.
        Command add_command(const std::string& name, const std::string& summary,
                            const std::string& heading);
        /// "--name" and "-n,--name" are options; a name without a dash is an argument.
        Option add(const std::string& name, Value value, const std::string& summary);
        Option add_flag(const std::string& name, bool& given, const std::string& summary);
        Option add_flag(const std::string& name, std::function<void()> given,
                        const std::string& summary);
        /// -h and --help.
        Option add_help();
        Option add_version(const std::string& text);
        /// One that was added before.
        [[nodiscard]] Option find(const std::string& name) const;
        /// The last part of its help.
        void footer(const std::string& text);
        /// Leaves unknown words to rest() instead of refusing them.
        void allow_rest();
        [[nodiscard]] std::vector<Command> commands() const;
        /// "--name" and "-n" of all its options.
        [[nodiscard]] Texts options() const;
        [[nodiscard]] std::string name() const;

      private:
        friend class CommandLine;
        explicit Command(CommandNode* node) : node_(node) {}
        CommandNode* node_;
    };

    explicit CommandLine(const std::string& program);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    /// The program itself.
    [[nodiscard]] Command root();

    /// Call it once. True when the values stand where they belong; false when the user asked for
    /// help or the version, which is then written to `out`; otherwise one line that says what is
    /// wrong. For an unknown name it suggests the nearest one, or the commands that have the
    /// option. It repeats the user's words as they are: make them printable before showing them.
    [[nodiscard]] std::expected<bool, std::string> parse(int argc, char** argv, std::ostream& out);
    /// The same without a program's name in front; for a line that has no help.
    [[nodiscard]] Taken parse(Texts arguments);

    /// The names of the commands given, outermost first; right also after a mistake.
    [[nodiscard]] Texts chosen() const;
    /// The words that the outermost command given left under allow_rest().
    [[nodiscard]] Texts rest() const;

  private:
    std::unique_ptr<CommandNode> root_;
};

}  // namespace quipu
